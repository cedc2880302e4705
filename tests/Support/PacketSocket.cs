using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using CniPlugins.Linux;

namespace CniPlugins.Tests.Support;

/// <summary>Whole frames on one link (packet(7)): what a process with CAP_NET_RAW sends and sees.</summary>
internal sealed class PacketSocket : IDisposable
{
    private const ushort EveryProtocol = 0x0003; // ETH_P_ALL

    private readonly Socket _socket;

    private PacketSocket(Socket socket) => _socket = socket;

    public static PacketSocket Open(string netnsPath, string ifName)
    {
        using var netns = Netns.Open(netnsPath);
        var index = Tool.Json("nsenter", $"--net={netnsPath}", "ip", "-j", "link", "show", ifName)[0].GetProperty("ifindex").GetInt32();
        var socket = netns.Run(() => new Socket(AddressFamily.Packet, SocketType.Raw, (ProtocolType)BinaryPrimitives.ReverseEndianness(EveryProtocol)));
        socket.Bind(new LinkEndPoint(index));
        return new PacketSocket(socket);
    }

    public void Send(params byte[][] parts) => _socket.Send([.. parts.SelectMany(part => part)]);

    /// <summary>All frames until one that contains these bytes; fails the test when none comes within five seconds.</summary>
    public IReadOnlyList<byte[]> ReceiveUntil(byte[] mark)
    {
        _socket.ReceiveTimeout = 5000;
        var (frames, buffer) = (new List<byte[]>(), new byte[2048]);
        do
            frames.Add(buffer[.._socket.Receive(buffer)]);
        while (frames[^1].AsSpan().IndexOf(mark) < 0);
        return frames;
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>struct sockaddr_ll.</summary>
    private sealed class LinkEndPoint(int index) : EndPoint
    {
        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            var address = new SocketAddress(AddressFamily.Packet, 20);
            address[3] = (byte)EveryProtocol;
            for (var i = 0; i < 4; i++)
                address[4 + i] = (byte)(index >> (8 * i));
            return address;
        }
    }
}
