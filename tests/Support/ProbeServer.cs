using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using CniPlugins.Linux;

namespace CniPlugins.Tests.Support;

/// <summary>
/// Listens in a namespace on TCP and UDP, IPv4 and IPv6, and tells every client who answered and which address it saw; a
/// datagram's own text follows.
/// </summary>
internal sealed class ProbeServer : IDisposable
{
    private readonly string _name;
    private readonly List<Socket> _sockets = [];

    public ProbeServer(Netns netns, string name, IEnumerable<int> ports)
    {
        _name = name;
        netns.Run(() =>
        {
            foreach (var port in ports)
            {
                foreach (var any in new[] { IPAddress.Any, IPAddress.IPv6Any })
                {
                    _ = AnswerStreams(Listen(any, port, SocketType.Stream));
                    _ = AnswerDatagrams(Listen(any, port, SocketType.Dgram));
                }
            }
        });
    }

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());

    private static string AddressOf(EndPoint peer) => ((IPEndPoint)peer).Address.ToString();

    /// <summary>A socket belongs to the namespace of the thread that makes it, whoever uses it later.</summary>
    private Socket Listen(IPAddress any, int port, SocketType type)
    {
        var socket = Probe.CreateSocket(any.AddressFamily, type);
        _sockets.Add(socket);
        socket.Bind(new IPEndPoint(any, port));
        if (type == SocketType.Stream)
            socket.Listen(backlog: 100);
        return socket;
    }

    private async Task AnswerStreams(Socket listener)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptAsync().ConfigureAwait(false);
                await client.SendAsync(Encoding.ASCII.GetBytes($"{_name} {AddressOf(client.RemoteEndPoint!)}")).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // Dispose ends it.
        }
    }

    private async Task AnswerDatagrams(Socket socket)
    {
        var buffer = new byte[64];
        var from = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        try
        {
            while (true)
            {
                var received = await socket.ReceiveFromAsync(buffer, SocketFlags.None, from).ConfigureAwait(false);
                var answer = $"{_name} {AddressOf(received.RemoteEndPoint)}{Encoding.ASCII.GetString(buffer, 0, received.ReceivedBytes)}";
                await socket.SendToAsync(Encoding.ASCII.GetBytes(answer), SocketFlags.None, received.RemoteEndPoint).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // Dispose ends it.
        }
    }
}
