using System.Buffers.Binary;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Dhcp.Packets;

/// <summary>A DHCP message: BOOTP's fixed fields and the options behind them (RFC 2131 section 2).</summary>
internal sealed record DhcpMessage
{
    /// <summary>Where the transaction's number is.</summary>
    public const int TransactionAt = 4;

    private const byte BootRequest = 1;
    private const byte BootReply = 2;
    private const byte Ethernet = 1;
    private const uint Cookie = 0x63825363;
    private const ushort BroadcastFlag = 0x8000;
    private const int FixedSize = 236;
    private const int OptionsAt = FixedSize + sizeof(uint);
    private const int LeastSize = 300; // of BOOTP's (RFC 951), which relays and servers may insist on

    public uint Transaction { get; init; }

    /// <summary>Since the client began, as some relays want to see it grow.</summary>
    public ushort Seconds { get; init; }

    /// <summary>Whether the answer has to be a broadcast.</summary>
    public bool IsBroadcast { get; init; }

    /// <summary>The address that the client has and uses; 0.0.0.0 before.</summary>
    public IpAddress ClientAddress { get; init; } = IpAddress.V4(0);

    /// <summary>The address that is offered or granted.</summary>
    public IpAddress YourAddress { get; init; } = IpAddress.V4(0);

    public MacAddress HardwareAddress { get; init; }

    public bool IsReply { get; init; }

    public DhcpOptions Options { get; init; } = new();

    public DhcpMessageType Type => Options.Byte(OptionCode.MessageType) is { } type ? (DhcpMessageType)type : DhcpMessageType.None;

    public byte[] ToBytes()
    {
        var options = Options.ToBytes();
        var bytes = new byte[Math.Max(LeastSize, OptionsAt + options.Length)];
        bytes[0] = IsReply ? BootReply : BootRequest;
        bytes[1] = Ethernet;
        bytes[2] = MacAddress.Size;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(TransactionAt), Transaction);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(8), Seconds);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(10), IsBroadcast ? BroadcastFlag : (ushort)0);
        ClientAddress.CopyTo(bytes.AsSpan(12));
        YourAddress.CopyTo(bytes.AsSpan(16));
        HardwareAddress.ToBytes().CopyTo(bytes, 28);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(FixedSize), Cookie);
        options.CopyTo(bytes, OptionsAt);
        return bytes;
    }

    /// <summary>A message out of a datagram; null for what is none, or is cut.</summary>
    public static DhcpMessage? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < OptionsAt || BinaryPrimitives.ReadUInt32BigEndian(bytes[FixedSize..]) != Cookie || bytes[1] != Ethernet
            || bytes[2] != MacAddress.Size)
            return null;
        var options = DhcpOptions.Read(bytes[OptionsAt..], file: bytes[108..FixedSize], serverName: bytes[44..108]);
        return options is null ? null : new DhcpMessage
        {
            IsReply = bytes[0] == BootReply,
            Transaction = BinaryPrimitives.ReadUInt32BigEndian(bytes[TransactionAt..]),
            Seconds = BinaryPrimitives.ReadUInt16BigEndian(bytes[8..]),
            IsBroadcast = (BinaryPrimitives.ReadUInt16BigEndian(bytes[10..]) & BroadcastFlag) != 0,
            ClientAddress = IpAddress.FromBytes(bytes[12..16]),
            YourAddress = IpAddress.FromBytes(bytes[16..20]),
            HardwareAddress = MacAddress.FromBytes(bytes[28..34]),
            Options = options,
        };
    }
}
