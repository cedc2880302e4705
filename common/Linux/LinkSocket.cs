using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniPlugins.Linux;

/// <summary>IPv4 packets of one link, with the neighbour they come from or go to; it is in the network namespace of the thread that opens it.</summary>
/// <remarks>packet(7): works on a link without an address, and past the pod's own filters. As long as it is open, the namespace lives.</remarks>
internal sealed unsafe class LinkSocket : IDisposable
{
    public const int HardwareAddressSize = 6;

    private readonly int _linkIndex;

    private LinkSocket(SafeFileHandle handle, int linkIndex)
    {
        Handle = handle;
        _linkIndex = linkIndex;
    }

    public SafeFileHandle Handle { get; }

    /// <summary>Opens one that hears only what a filter lets through; nothing is heard before the filter is there.</summary>
    public static LinkSocket Open(int linkIndex, PacketFilter filter)
    {
        var handle = new SafeFileHandle(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), ownsHandle: true);
        if (handle.IsInvalid)
            throw new LibcException(Libc.LastError, "open packet socket");
        var opened = new LinkSocket(handle, linkIndex);
        try
        {
            using var fd = new BorrowedDescriptor(handle);
            fixed (Libc.sock_filter* steps = filter.Steps)
            {
                var program = new Libc.sock_fprog { len = (ushort)filter.Steps.Length, filter = steps };
                if (setsockopt(fd.Number, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(Libc.sock_fprog)) < 0)
                    throw new LibcException(Libc.LastError, "filter packet socket");
            }

            var address = opened.AddressOf([]);
            return bind(fd.Number, (sockaddr*)&address, sizeof(sockaddr_ll)) == 0
                ? opened
                : throw new LibcException(Libc.LastError, $"bind packet socket to link {linkIndex}");
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Sends a packet to a neighbour.</summary>
    public void Send(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> neighbour)
    {
        var address = AddressOf(neighbour);
        using var fd = new BorrowedDescriptor(Handle);
        fixed (byte* bytes = packet)
        {
            int result;
            do
                result = (int)sendto(fd.Number, bytes, packet.Length, 0, (sockaddr*)&address, sizeof(sockaddr_ll));
            while (Descriptor.IsInterrupted(result));
            if (result < 0)
                throw new LibcException(Libc.LastError, "send packet");
        }
    }

    /// <summary>The next packet and its neighbour's address; null when none is there. A link that went down meanwhile is one without packets.</summary>
    public int? Receive(Span<byte> packet, Span<byte> neighbour)
    {
        sockaddr_ll address;
        socklen_t size = sizeof(sockaddr_ll);
        using var fd = new BorrowedDescriptor(Handle);
        int count;
        fixed (byte* bytes = packet)
        {
            do
                count = (int)recvfrom(fd.Number, bytes, packet.Length, 0, (sockaddr*)&address, &size);
            while (Descriptor.IsInterrupted(count));
        }

        if (count < 0)
            return Libc.LastError is var errno and not (Errno.EAGAIN or Errno.ENETDOWN) ? throw new LibcException(errno, "receive packet") : null;
        new ReadOnlySpan<byte>(address.sll_addr, HardwareAddressSize).CopyTo(neighbour);
        return count;
    }

    public void Dispose() => Handle.Dispose();

    private sockaddr_ll AddressOf(ReadOnlySpan<byte> neighbour)
    {
        var address = new sockaddr_ll
        {
            sll_family = (ushort)(int)AF_PACKET,
            sll_protocol = BinaryPrimitives.ReverseEndianness(Libc.ETH_P_IP), // in network order; every machine this runs on is little-endian
            sll_ifindex = _linkIndex,
            sll_halen = HardwareAddressSize,
        };
        neighbour.CopyTo(new Span<byte>(address.sll_addr, HardwareAddressSize));
        return address;
    }
}
