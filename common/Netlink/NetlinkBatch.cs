using CniPlugins.Linux;
using CniPlugins.Netlink.Uapi;

namespace CniPlugins.Netlink;

/// <summary>Changes that go to the kernel in one send and are made in order; each brings the words for its own failure.</summary>
/// <remarks>The kernel goes on after a change that it refuses, so this saves time and promises nothing: it is no transaction.</remarks>
internal sealed class NetlinkBatch(NetlinkSocket socket)
{
    // Every acknowledgement waits in the socket's receive buffer until the send is over; some two hundred fit into its default size.
    private const int MessagesPerSend = 64;

    private readonly List<(uint Sequence, string What)> _pending = [];
    private byte[] _bytes = new byte[1024];
    private int _length;

    /// <summary>Appends a copy of the message; when a send is full, it leaves before.</summary>
    public void Add(NetlinkMessage message, string what)
    {
        if (_pending.Count == MessagesPerSend)
            Commit();
        message.Header.nlmsg_flags |= NLM_F.ACK;
        _pending.Add((socket.Stamp(message), what));

        var size = message.Bytes.Length;
        if (_length + size > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, _length + size));
        message.Bytes.CopyTo(_bytes.AsSpan(_length));
        _length += size;
    }

    /// <summary>Sends what is pending and waits for all of it; throws for the first change, in the order of adding, that was refused.</summary>
    public void Commit()
    {
        if (_pending.Count == 0)
            return;

        var pending = _pending.ToArray();
        _pending.Clear();
        socket.Send(_bytes.AsSpan(0, _length), pending[0].What);
        _length = 0;

        NetlinkAck? refused = null;
        var last = pending[^1].Sequence;
        while (true)
        {
            var ack = socket.ReceiveAck(pending[^1].What);
            if (ack.Sequence < pending[0].Sequence || ack.Sequence > last)
                continue;
            if (ack.Errno != Errno.None)
                refused ??= ack;
            if (ack.Sequence == last)
                break;
        }

        if (refused is { } failure)
            failure.ThrowIfFailed(pending[failure.Sequence - pending[0].Sequence].What);
    }
}
