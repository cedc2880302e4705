using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;

namespace CniPlugins.Tests.Support;

/// <summary>A kernel made of a function: each send goes in, the datagrams it returns come out.</summary>
internal sealed class FakeKernel(Func<byte[], IEnumerable<byte[]>> answer) : INetlinkTransport
{
    private readonly Queue<byte[]> _replies = [];

    /// <summary>What was sent, in order.</summary>
    public List<byte[]> Requests { get; } = [];

    public uint PortId => 4711;

    /// <summary>Fails the next receive with this, once.</summary>
    public Errno NextReceive { get; set; }

    public Errno Send(ReadOnlySpan<byte> messages)
    {
        Requests.Add(messages.ToArray());
        foreach (var reply in answer(messages.ToArray()))
            _replies.Enqueue(reply);
        return Errno.None;
    }

    public Errno Receive(ref byte[] buffer, out int length)
    {
        length = 0;
        if (NextReceive is var errno and not Errno.None)
        {
            NextReceive = Errno.None;
            return errno;
        }

        if (!_replies.TryDequeue(out var reply))
            return Errno.EAGAIN;
        buffer = reply;
        length = reply.Length;
        return Errno.None;
    }

    public void Dispose() => _replies.Clear();

    /// <summary>The sequence numbers of the messages in one send.</summary>
    public static IEnumerable<uint> Sequences(byte[] request)
    {
        for (var at = 0; at < request.Length; at += (int)HeaderAt(request, at).nlmsg_len)
            yield return HeaderAt(request, at).nlmsg_seq;
    }

    /// <summary>The sequence number of the only, or first, message in a send.</summary>
    public static uint Sequence(byte[] request) => Sequences(request).First();

    /// <summary>A message to us.</summary>
    public static byte[] Message(ushort type, uint sequence, byte[] payload, NLM_F flags = 0, uint port = 4711)
    {
        var bytes = new byte[16 + ((payload.Length + 3) & ~3)];
        MemoryMarshal.Write(bytes, new nlmsghdr
        {
            nlmsg_len = (uint)(16 + payload.Length),
            nlmsg_type = type,
            nlmsg_flags = flags,
            nlmsg_seq = sequence,
            nlmsg_pid = port,
        });
        payload.CopyTo(bytes, 16);
        return bytes;
    }

    /// <summary>NLMSG_ERROR as the kernel writes it: a refusal carries the request, an extended one also its words.</summary>
    public static byte[] Ack(uint sequence, Errno errno = Errno.None, string? extAck = null)
    {
        var payload = new List<byte>(Int32(-(int)errno));
        var request = Message((ushort)NLMSG.MIN_TYPE, sequence, errno == Errno.None ? [] : [1, 2, 3, 4]);
        payload.AddRange(request);
        if (extAck is not null)
        {
            byte[] text = [.. Encoding.UTF8.GetBytes(extAck), 0];
            payload.AddRange([(byte)(4 + text.Length), 0, (byte)NLMSGERR_ATTR.MSG, 0, .. text]);
        }

        var flags = (errno == Errno.None ? NLM_F.CAPPED : 0) | (extAck is null ? 0 : NLM_F.ACK_TLVS);
        return Message((ushort)NLMSG.ERROR, sequence, [.. payload], flags);
    }

    /// <summary>NLMSG_DONE.</summary>
    public static byte[] Done(uint sequence, NLM_F flags = 0) =>
        Message((ushort)NLMSG.DONE, sequence, Int32(0), NLM_F.MULTI | flags);

    private static byte[] Int32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static nlmsghdr HeaderAt(byte[] bytes, int at) => MemoryMarshal.Read<nlmsghdr>(bytes.AsSpan(at));
}
