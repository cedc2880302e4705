using System.Buffers.Binary;
using CniPlugins.Linux;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Dhcp.Packets;

/// <summary>An IPv4 packet with a UDP datagram between DHCP's ports, which a client without an address has to make itself.</summary>
internal static class Datagram
{
    /// <summary>The longest that a server may send us (option 57 says so).</summary>
    public const int MaximumSize = 1500;

    private const ushort ClientPort = 68;
    private const ushort ServerPort = 67;
    private const byte Udp = 17;
    private const byte TimeToLive = 64;
    private const byte Version4AndFiveWords = 0x45;
    private const ushort FragmentBits = 0x3fff; // more fragments, and the offset
    private const int IpSize = 20;
    private const int UdpSize = 8;

    /// <summary>From the client's port to the server's.</summary>
    public static byte[] Wrap(IpAddress source, IpAddress destination, ReadOnlySpan<byte> payload)
    {
        var packet = new byte[IpSize + UdpSize + payload.Length];
        var udp = packet.AsSpan(IpSize);
        packet[0] = Version4AndFiveWords;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        packet[8] = TimeToLive;
        packet[9] = Udp;
        source.CopyTo(packet.AsSpan(12));
        destination.CopyTo(packet.AsSpan(16));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), Fold(Sum(packet.AsSpan(0, IpSize))));

        BinaryPrimitives.WriteUInt16BigEndian(udp, ClientPort);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], ServerPort);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)udp.Length);
        payload.CopyTo(udp[UdpSize..]);
        var checksum = Fold(Sum(packet.AsSpan(12, 8)) + Udp + (uint)udp.Length + Sum(udp));
        BinaryPrimitives.WriteUInt16BigEndian(udp[6..], checksum == 0 ? ushort.MaxValue : checksum); // 0 means none (RFC 768)
        return packet;
    }

    /// <summary>The payload of a datagram to the client's port; empty for anything else, and for a fragment.</summary>
    /// <remarks>The checksum is not looked at: between two ends on one machine it is not there yet (CHECKSUM_PARTIAL).</remarks>
    public static ReadOnlySpan<byte> Unwrap(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < IpSize || packet[0] >> 4 != 4 || packet[9] != Udp)
            return [];
        var header = (packet[0] & 0xf) * 4;
        var total = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        if (header < IpSize || total > packet.Length || total < header + UdpSize
            || (BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & FragmentBits) != 0)
            return [];
        var udp = packet[header..total];
        var length = BinaryPrimitives.ReadUInt16BigEndian(udp[4..]);
        return BinaryPrimitives.ReadUInt16BigEndian(udp[2..]) == ClientPort && length >= UdpSize && length <= udp.Length ? udp[UdpSize..length] : [];
    }

    /// <summary>Those to the client's port whose payload begins a transaction's answer: what wakes the daemon of all that a pod receives.</summary>
    public static PacketFilter Answers(uint transaction) =>
        PacketFilter.UdpWith(ClientPort, DhcpMessage.TransactionAt, transaction, MaximumSize);

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (; bytes.Length > 1; bytes = bytes[2..])
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        return bytes.IsEmpty ? sum : sum + ((uint)bytes[0] << 8);
    }

    private static ushort Fold(uint sum)
    {
        while (sum > ushort.MaxValue)
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        return (ushort)~sum;
    }
}
