using System.Net;
using System.Net.Sockets;
using CniPlugins.Linux;

namespace CniPlugins.Tests.Support;

/// <summary>A host with a remote machine beside it that knows no way back to pods: what it answers must have come from the host's address.</summary>
internal sealed class Neighbourhood : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public Neighbourhood()
    {
        RemotePath = Host.AddPod();
        Remote = Netns.Open(RemotePath);
        Host.Ip($"link add up0 type veth peer name eth0 netns {Path.GetFileName(RemotePath)}");
        foreach (var address in (string[])["192.0.2.1/24", "2001:db8::1/64 nodad"])
            Host.Ip($"addr add {address} dev up0");
        Host.Ip("link set up0 up");
        foreach (var address in (string[])["192.0.2.2/24", "2001:db8::2/64 nodad"])
            Sandbox.PodIp(RemotePath, $"addr add {address} dev eth0");
        Sandbox.PodIp(RemotePath, "link set eth0 up");
    }

    public Sandbox Host { get; } = new();

    public string RemotePath { get; }

    public Netns Remote { get; }

    /// <summary>The address that a server sees of a client; null when the client's datagrams do not come through.</summary>
    public static string? SourceSeen(string client, Netns server, string address, string? from = null)
    {
        using var netns = Netns.Open(client);
        var target = new IPEndPoint(IPAddress.Parse(address), 7000);
        var any = target.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any;
        using var listener = server.Run(() => new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        listener.Bind(new IPEndPoint(any, target.Port));
        if (address.StartsWith("239.", StringComparison.Ordinal))
            listener.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(target.Address, IPAddress.Parse("192.0.2.2")));
        using var socket = netns.Run(() => new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        socket.Bind(new IPEndPoint(from is null ? any : IPAddress.Parse(from), 0));
        EndPoint seen = new IPEndPoint(any, 0);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            socket.SendTo("?"u8, target); // the first may be lost while a neighbour is looked for
            if (listener.Poll(Patience, SelectMode.SelectRead))
            {
                listener.ReceiveFrom(new byte[8], ref seen);
                return ((IPEndPoint)seen).Address.ToString();
            }
        }

        return null;
    }

    public void Dispose()
    {
        Remote.Dispose();
        Host.Dispose();
    }
}
