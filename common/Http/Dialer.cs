using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using CniPlugins.Linux;

namespace CniPlugins.Http;

/// <summary>Looks names up and connects, by blocking calls: the runtime's own way wakes an epoll thread and leaves the socket non-blocking.</summary>
internal static class Dialer
{
    /// <summary>For <see cref="SocketsHttpHandler.ConnectCallback"/>; complete when it returns.</summary>
    public static ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var target = context.DnsEndPoint;
        Exception? last = null;
        foreach (var address in AddressesOf(target.Host))
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.NoDelay = true;
                using (cancel.UnsafeRegister(static socket => ((Socket)socket!).Dispose(), socket))
                    socket.Connect(address, target.Port);
                return new(new NetworkStream(socket, ownsSocket: true));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                socket.Dispose();
                cancel.ThrowIfCancellationRequested();
                last = e;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    /// <summary>
    /// /etc/hosts and DNS, whatever /etc/nsswitch.conf says: other services are shared libraries of the host's C library, which a static
    /// executable cannot load safely and an empty root does not have. localhost is what RFC 6761 says it is.
    /// </summary>
    private static IPAddress[] AddressesOf(string host)
    {
        if (IPAddress.TryParse(host.Trim('[', ']'), out var literal))
            return [literal];
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return [IPAddress.Loopback, IPAddress.IPv6Loopback];
        NameService.Use("hosts", "files dns");
        return Dns.GetHostAddresses(host);
    }
}
