using System.Net;
using System.Net.Sockets;
using CniPlugins.Linux;

namespace CniPlugins.Tests.Support;

/// <summary>What a router says to everybody on its link (RFC 4861, 4.2), sent by whoever has CAP_NET_RAW.</summary>
internal static class RouterAdvertisement
{
    private static readonly IPAddress Router = IPAddress.Parse("fe80::bad");
    private static readonly IPAddress Everybody = IPAddress.Parse("ff02::1");

    /// <summary>A router for half an hour, and a prefix to make addresses of.</summary>
    private static readonly byte[] Message =
    [
        134, 0, 0, 0, 64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, // type, code, checksum, hop limit, flags, 1,800 s
        3, 4, 64, 0xc0, 0, 0, 0x0e, 0x10, 0, 0, 0x0e, 0x10, 0, 0, 0, 0, // prefix: /64, on link, autonomous, an hour
        0x20, 0x01, 0x0d, 0xb8, 0xba, 0xdd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    /// <summary>The whole frame by hand, to a hardware address that a bridge does not keep for itself: its port takes what 802.1AB sends to the next hop.</summary>
    public static void SendToPort(string pod, string ifName)
    {
        byte[] pseudo = [.. Router.GetAddressBytes(), .. Everybody.GetAddressBytes(), 0, 0, 0, (byte)Message.Length, 0, 0, 0, 58];
        var sum = 0;
        foreach (var pair in pseudo.Concat(Message).Chunk(2))
            sum += (pair[0] << 8) | pair[1];
        sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff; // short enough for one carry
        byte[] message = [.. Message];
        (message[2], message[3]) = ((byte)(sum >> 8), (byte)sum);
        using var socket = PacketSocket.Open(pod, ifName);
        socket.Send(
            [0x01, 0x80, 0xc2, 0, 0, 0x0e, 0x02, 0, 0, 0, 0x0b, 0xad, 0x86, 0xdd, 0x60, 0, 0, 0, 0, (byte)message.Length, 58, 255],
            Router.GetAddressBytes(), Everybody.GetAddressBytes(), message);
    }

    /// <summary>As a router does it.</summary>
    public static void Send(string pod, string ifName)
    {
        using var netns = Netns.Open(pod);
        var index = Sandbox.PodIpJson(pod, $"link show {ifName}")[0].GetProperty("ifindex").GetInt32();
        using var socket = netns.Run(() => new Socket(AddressFamily.InterNetworkV6, SocketType.Raw, ProtocolType.IcmpV6));
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastTimeToLive, 255);
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, index);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                socket.SendTo(Message, new IPEndPoint(IPAddress.Parse($"ff02::1%{index}"), 0));
                return;
            }
            catch (SocketException e) when (attempt < 50 && e.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.NetworkUnreachable)
            {
                Thread.Sleep(100); // its own address is tentative yet
            }
        }
    }
}
