using CniPlugins.Ipam.Dhcp.Packets;
using CniPlugins.Linux;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Dhcp.Daemon;

/// <summary>A transaction's socket on a pod's interface, as long as an answer is listened for.</summary>
internal sealed class Conversation : IDisposable
{
    private static readonly byte[] Everybody = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    private static readonly IpAddress Nobody4 = IpAddress.V4(0);
    private static readonly IpAddress Broadcast4 = IpAddress.V4(uint.MaxValue);

    private readonly EventLoop _loop;
    private readonly LinkSocket _socket;
    private readonly Action<Answer> _heard;
    private readonly uint _transaction;
    private bool _isOver;

    private Conversation(EventLoop loop, LinkSocket socket, uint transaction, MacAddress mac, bool needsBroadcast, Action<Answer> heard)
    {
        _loop = loop;
        _socket = socket;
        _heard = heard;
        _transaction = transaction;
        Frame = new DhcpMessage { Transaction = transaction, HardwareAddress = mac, IsBroadcast = needsBroadcast };
        loop.Watch(socket.Handle, Listen);
    }

    /// <summary>What all messages of the transaction have in common.</summary>
    public DhcpMessage Frame { get; }

    /// <summary>Begins to listen; throws <see cref="PodGoneException"/>.</summary>
    public static Conversation Open(EventLoop loop, PodLink pod, uint transaction, bool broadcast, Action<Answer> heard) => pod.Run((_, link) =>
    {
        // What shares its parent's hardware address is told apart by IP addresses, and has none yet.
        var needsBroadcast = broadcast || link.Kind == "ipvlan";
        var socket = LinkSocket.Open(link.Index, Datagram.Answers(transaction));
        return new Conversation(loop, socket, transaction, link.Mac ?? default, needsBroadcast, heard);
    });

    /// <summary>To every server on the link.</summary>
    public void Send(DhcpMessage message) => _socket.Send(Datagram.Wrap(Nobody4, Broadcast4, message.ToBytes()), Everybody);

    /// <summary>To one server, from the address that it gave, by the neighbour through which its answer came.</summary>
    public void Send(DhcpMessage message, LeaseTerms terms) =>
        _socket.Send(Datagram.Wrap(terms.Address.Address, terms.Server, message.ToBytes()), terms.NextHop);

    public void Dispose()
    {
        if (_isOver)
            return;
        _isOver = true;
        _loop.Unwatch(_socket.Handle);
        _socket.Dispose();
    }

    private void Listen()
    {
        Span<byte> packet = stackalloc byte[Datagram.MaximumSize];
        Span<byte> neighbour = stackalloc byte[LinkSocket.HardwareAddressSize];
        while (!_isOver && _socket.Receive(packet, neighbour) is { } length)
        {
            var payload = Datagram.Unwrap(packet[..length]);
            if (DhcpMessage.Read(payload) is { IsReply: true } message && message.Transaction == _transaction
                && message.HardwareAddress == Frame.HardwareAddress && message.Options.Address(OptionCode.ServerIdentifier) is { } server)
                _heard(new Answer(message, server, payload.ToArray(), neighbour.ToArray()));
        }
    }
}
