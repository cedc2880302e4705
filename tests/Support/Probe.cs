using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using CniPlugins.Linux;

namespace CniPlugins.Tests.Support;

/// <summary>One connection to try, from a namespace to an address: what a <see cref="ProbeServer"/> says, or how it failed.</summary>
internal sealed record Probe(Netns From, string Address, int Port, SocketType Type)
{
    /// <summary>Nobody answered in time.</summary>
    public const string Silent = "silent";

    public static Socket CreateSocket(AddressFamily family, SocketType type)
    {
        var socket = new Socket(family, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        if (family == AddressFamily.InterNetworkV6)
            socket.DualMode = false;
        return socket;
    }

    /// <summary>
    /// bind(2), again for a while when the address is in use: a socket that was just closed lives on in a child that another test has forked and that has
    /// not come to its exec yet.
    /// </summary>
    public static void Bind(Socket socket, IPEndPoint address)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                socket.Bind(address);
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse && attempt < 200)
            {
                Thread.Sleep(10);
            }
        }
    }

    /// <summary>Tries them all at the same time; the answers are in the same order.</summary>
    public static string[] Ask(IReadOnlyList<Probe> probes, TimeSpan patience)
    {
        var sockets = new Socket[probes.Count];
        foreach (var source in probes.Index().GroupBy(probe => probe.Item.From))
        {
            source.Key.Run(() =>
            {
                foreach (var (index, probe) in source)
                    sockets[index] = CreateSocket(IPAddress.Parse(probe.Address).AddressFamily, probe.Type);
            });
        }

        return Task.WhenAll(probes.Zip(sockets, (probe, socket) => probe.Ask(socket, patience))).GetAwaiter().GetResult();
    }

    private async Task<string> Ask(Socket socket, TimeSpan patience)
    {
        using var _ = socket;
        using var deadline = new CancellationTokenSource(patience);
        var buffer = new byte[64];
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(Address), Port), deadline.Token).ConfigureAwait(false);
            if (Type == SocketType.Dgram)
                await socket.SendAsync(Array.Empty<byte>(), deadline.Token).ConfigureAwait(false);
            return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, deadline.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            return Silent;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused ? "refused" : e.SocketErrorCode.ToString();
        }
    }
}
