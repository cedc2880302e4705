using System.Net;
using System.Net.Sockets;
using CniPlugins.Linux;

namespace CniPlugins.Tests.Support;

/// <summary>What a router says to everybody on its link (RFC 4861, 4.2), sent by whoever has CAP_NET_RAW.</summary>
internal static class RouterAdvertisement
{
    /// <summary>A router for half an hour, and a prefix to make addresses of.</summary>
    public static void Send(string pod, string ifName)
    {
        byte[] message =
        [
            134, 0, 0, 0, 64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, // type, code, checksum by the kernel, hop limit, flags, 1,800 s
            3, 4, 64, 0xc0, 0, 0, 0x0e, 0x10, 0, 0, 0x0e, 0x10, 0, 0, 0, 0, // prefix: /64, on link, autonomous, an hour
            0x20, 0x01, 0x0d, 0xb8, 0xba, 0xdd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        using var netns = Netns.Open(pod);
        var index = Sandbox.PodIpJson(pod, $"link show {ifName}")[0].GetProperty("ifindex").GetInt32();
        using var socket = netns.Run(() => new Socket(AddressFamily.InterNetworkV6, SocketType.Raw, ProtocolType.IcmpV6));
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastTimeToLive, 255);
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, index);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                socket.SendTo(message, new IPEndPoint(IPAddress.Parse($"ff02::1%{index}"), 0));
                return;
            }
            catch (SocketException e) when (attempt < 50 && e.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.NetworkUnreachable)
            {
                Thread.Sleep(100); // its own address is tentative yet
            }
        }
    }
}
