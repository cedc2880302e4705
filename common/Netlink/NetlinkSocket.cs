using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CniPlugins.Linux;
using CniPlugins.Netlink.Uapi;

namespace CniPlugins.Netlink;

/// <summary>Reads what it wants of one reply to a dump and adds it to the list.</summary>
internal delegate void NetlinkCollector<T>(NetlinkReply reply, List<T> into);

/// <summary>Makes a value of the one reply to a question.</summary>
internal delegate T NetlinkParser<out T>(NetlinkReply reply);

/// <summary>Asks the kernel and waits for its answer; every question comes with the words for its failure.</summary>
internal sealed class NetlinkSocket : IDisposable
{
    private const int DumpAttempts = 5;

    private readonly INetlinkTransport _transport;
    private byte[] _datagram = GC.AllocateUninitializedArray<byte>(32 * 1024);
    private int _next; // where in the datagram the next message starts
    private int _end;
    private uint _sequence;

    public NetlinkSocket(NETLINK protocol)
        : this(new KernelTransport(protocol))
    {
    }

    public NetlinkSocket(INetlinkTransport transport) => _transport = transport;

    /// <summary>Sends one change and waits until the kernel has made it.</summary>
    public void Execute(NetlinkMessage message, string what)
    {
        message.Header.nlmsg_flags |= NLM_F.ACK;
        var sequence = Stamp(message);
        Send(message.Bytes, what);
        NetlinkAck ack;
        do
            ack = ReceiveAck(what);
        while (ack.Sequence != sequence);
        ack.ThrowIfFailed(what);
    }

    /// <summary>Asks for one object; null when the kernel answers with the error that means absence, or acknowledges and shows nothing.</summary>
    public T? Find<T>(NetlinkMessage message, string what, NetlinkParser<T> parse, Errno absent)
        where T : class
    {
        var sequence = Stamp(message);
        Send(message.Bytes, what);
        while (true)
        {
            var reply = Receive(what);
            if (reply.Sequence != sequence)
                continue;
            if (reply.Type != (ushort)NLMSG.ERROR)
                return parse(reply);

            var ack = reply.ToAck();
            if (ack.Errno == absent || ack.Errno == Errno.None)
                return null;
            ack.ThrowIfFailed(what);
        }
    }

    /// <summary>Sends questions that have one answer each and collects the answers but those whose error means absence.</summary>
    public List<T> FindEach<T>(ReadOnlySpan<byte> messages, uint first, uint last, string what, NetlinkCollector<T> collect, Errno absent)
    {
        var found = new List<T>();
        Send(messages, what);
        for (var next = first; next != last + 1;)
        {
            var reply = Receive(what);
            if (reply.Sequence != next)
                continue;
            next++;
            if (reply.Type != (ushort)NLMSG.ERROR)
                collect(reply, found);
            else if (reply.ToAck() is var ack && ack.Errno != absent)
                ack.ThrowIfFailed(what); // who may not ask at all (EPERM) has an answer to the first question only
        }

        return found;
    }

    /// <summary>Asks for all objects of a kind; a list that changed while the kernel walked it is asked for again.</summary>
    /// <remarks>As upstream does it, the fifth inconsistent answer in a row is used as it is: on a busy host there may never be a better one.</remarks>
    public List<T> Dump<T>(NetlinkMessage message, string what, NetlinkCollector<T> collect)
    {
        message.Header.nlmsg_flags |= NLM_F.DUMP;
        var found = new List<T>();
        for (var attempt = 1; !TryDump(message, what, collect, found) && attempt < DumpAttempts; attempt++)
            found.Clear();
        return found;
    }

    /// <summary>Makes room for one send of so many bytes and for an answer to each of its messages.</summary>
    public void Reserve(int bytes, int answers) => _transport.Reserve(bytes, answers);

    /// <summary>The next sequence number, for messages that are sent by <see cref="Send"/>.</summary>
    public uint NextSequence() => ++_sequence;

    /// <summary>Gives a message the next sequence number.</summary>
    public uint Stamp(NetlinkMessage message) => message.Header.nlmsg_seq = NextSequence();

    /// <summary>Sends whole messages as they are; their answers are the caller's to fetch.</summary>
    public void Send(ReadOnlySpan<byte> messages, string what)
    {
        if (_transport.Send(messages) is var errno and not Errno.None)
            throw new NetlinkException(errno, what);
    }

    /// <summary>The next acknowledgement or refusal, of whichever request; other replies are dropped.</summary>
    public NetlinkAck ReceiveAck(string what)
    {
        while (true)
        {
            var reply = Receive(what);
            if (reply.Type == (ushort)NLMSG.ERROR)
                return reply.ToAck();
        }
    }

    public void Dispose() => _transport.Dispose();

    /// <summary>One walk; false when the kernel reports that it was inconsistent.</summary>
    private bool TryDump<T>(NetlinkMessage message, string what, NetlinkCollector<T> collect, List<T> found)
    {
        var sequence = Stamp(message);
        var consistent = true;
        Send(message.Bytes, what);
        while (true)
        {
            NetlinkReply reply;
            try
            {
                reply = Receive(what);
            }
            catch (NetlinkException e) when (e.Errno is Errno.ENOBUFS)
            {
                // Something was lost, but the walk goes on, and another cannot begin before its end (EBUSY).
                consistent = false;
                continue;
            }

            if (reply.Sequence != sequence)
                continue;
            consistent &= !reply.Flags.HasFlag(NLM_F.DUMP_INTR);
            switch ((NLMSG)reply.Type)
            {
                case NLMSG.DONE:
                    reply.ToDone().ThrowIfFailed(what);
                    return consistent;
                case NLMSG.ERROR:
                    reply.ToAck().ThrowIfFailed(what);
                    break;
                default:
                    collect(reply, found);
                    break;
            }
        }
    }

    /// <summary>The next message for us.</summary>
    private NetlinkReply Receive(string what)
    {
        while (true)
        {
            if (_next >= _end)
                ReceiveDatagram(what);

            var rest = _datagram.AsSpan(_next, _end - _next);
            var header = rest.Length >= Unsafe.SizeOf<nlmsghdr>() ? MemoryMarshal.Read<nlmsghdr>(rest) : default;
            if (header.nlmsg_len < Unsafe.SizeOf<nlmsghdr>() || header.nlmsg_len > rest.Length)
            {
                _next = _end;
                throw NetlinkException.Malformed($"{what}: read netlink header: length {header.nlmsg_len} of {rest.Length}");
            }

            _next += Cursor.Align((int)header.nlmsg_len);
            if (header.nlmsg_pid == _transport.PortId && (NLMSG)header.nlmsg_type is not (NLMSG.NOOP or NLMSG.OVERRUN))
                return new NetlinkReply(header, rest[Unsafe.SizeOf<nlmsghdr>()..(int)header.nlmsg_len]);
        }
    }

    private void ReceiveDatagram(string what)
    {
        _next = _end = 0;
        var errno = _transport.Receive(ref _datagram, out var length);
        if (errno is Errno.EAGAIN)
            throw new NetlinkException(Errno.ETIMEDOUT, $"{what}: no answer from the kernel") { IsUnanswered = true };
        if (errno is not Errno.None)
            throw new NetlinkException(errno, what) { IsUnanswered = true };
        _end = length;
    }
}
