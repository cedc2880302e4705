using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;

namespace CniPlugins.Fuzz.Targets;

/// <summary>A kernel that answers every request with what the script has next, and with silence when it is over.</summary>
/// <remarks>A record is a control byte, a length (16 bits) and a payload. The header is made here, so that the payload is looked at at all.</remarks>
internal sealed class GarbageKernel(ReadOnlyMemory<byte> script) : INetlinkTransport
{
    private const uint Us = 4711;

    private ReadOnlyMemory<byte> _script = script;
    private uint _sequence;
    private ushort _type;

    public uint PortId => Us;

    public Errno Send(ReadOnlySpan<byte> messages)
    {
        // Of several in one send, the answers begin with the first's.
        var header = MemoryMarshal.Read<nlmsghdr>(messages);
        (_sequence, _type) = (header.nlmsg_seq, header.nlmsg_type);
        return Errno.None;
    }

    public Errno Receive(ref byte[] buffer, out int length)
    {
        var datagram = new List<byte>();
        for (var more = true; more && _script.Length >= 3;)
        {
            var control = _script.Span[0];
            var size = Math.Min(_script.Span[1] | (_script.Span[2] << 8), _script.Length - 3);
            Append(datagram, control, _script.Span.Slice(3, size));
            _script = _script[(3 + size)..];
            more = (control & 4) != 0;
        }

        buffer = [.. datagram];
        length = buffer.Length;
        return length == 0 ? Errno.EAGAIN : Errno.None;
    }

    public void Dispose() => _script = default;

    private void Append(List<byte> datagram, byte control, ReadOnlySpan<byte> payload)
    {
        if ((control & 3) == 3)
        {
            datagram.AddRange(payload);
            return;
        }

        var header = new nlmsghdr
        {
            nlmsg_len = (uint)(Unsafe.SizeOf<nlmsghdr>() + payload.Length),
            nlmsg_type = (control & 3) switch { 1 => (ushort)NLMSG.ERROR, 2 => (ushort)NLMSG.DONE, _ => _type },
            nlmsg_flags = ((control & 16) != 0 ? NLM_F.MULTI : 0) | ((control & 8) != 0 ? NLM_F.ACK_TLVS : 0) | ((control & 128) != 0 ? NLM_F.DUMP_INTR : 0),
            nlmsg_seq = (control & 32) != 0 ? _sequence + 1 : _sequence,
            nlmsg_pid = (control & 96) == 96 ? Us + 1 : Us,
        };
        Span<byte> bytes = stackalloc byte[Unsafe.SizeOf<nlmsghdr>()];
        MemoryMarshal.Write(bytes, header);
        datagram.AddRange(bytes);
        datagram.AddRange(payload);
        while (datagram.Count % 4 != 0)
            datagram.Add(0);
    }
}
