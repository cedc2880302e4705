using System.Text;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace CniPlugins.Linux;

/// <summary>/dev/net/tun: a descriptor of it becomes the other end of a tap, in the network namespace of the thread that asks.</summary>
internal static unsafe class TunDevice
{
    private const string DevicePath = "/dev/net/tun";
    private const int NameSize = 16; // IFNAMSIZ

    /// <summary>
    /// Makes a tap that stays; throws <see cref="LibcException"/>, EBUSY when the name is taken. Until it is made to persist it goes with
    /// the descriptor: a crash leaves all of it, or nothing.
    /// </summary>
    public static void CreateTap(string name, TapFlags flags, uint? owner, uint? group)
    {
        using var tun = Descriptor.Open(DevicePath, O_RDWR | O_CLOEXEC);
        if (tun.IsInvalid)
            throw new LibcException(Libc.LastError, $"open {DevicePath}");
        var request = new Libc.ifreq
        {
            ifr_flags = (ushort)(Libc.IFF_TAP | Libc.IFF_TUN_EXCL
                | (flags.HasFlag(TapFlags.MultiQueue) ? Libc.IFF_MULTI_QUEUE : 0)
                | (flags.HasFlag(TapFlags.VnetHeader) ? Libc.IFF_VNET_HDR : 0)
                | (flags.HasFlag(TapFlags.PacketInfo) ? 0 : Libc.IFF_NO_PI)),
        };
        Encoding.UTF8.GetBytes(name, new Span<byte>(request.ifr_name, NameSize - 1));
        Control(tun, Libc.TUNSETIFF, &request, $"TUNSETIFF {name}");
        if (owner is { } user)
            Control(tun, Libc.TUNSETOWNER, (void*)user, $"TUNSETOWNER {user} of {name}");
        if (group is { } number)
            Control(tun, Libc.TUNSETGROUP, (void*)number, $"TUNSETGROUP {number} of {name}");
        Control(tun, Libc.TUNSETPERSIST, (void*)1, $"TUNSETPERSIST of {name}");
    }

    private static void Control(SafeFileHandle tun, uint request, void* argument, string what)
    {
        using var fd = new BorrowedDescriptor(tun);
        if (Libc.ioctl(fd.Number, request, argument) < 0)
            throw new LibcException(Libc.LastError, what);
    }
}

/// <summary>What frames of a tap come with; who opens it says the last two anew.</summary>
[Flags]
internal enum TapFlags
{
    None = 0,

    /// <summary>Several programs may open it, a queue each.</summary>
    MultiQueue = 1,

    /// <summary>A header for offloads (virtio).</summary>
    VnetHeader = 2,

    /// <summary>Four bytes that name their protocol.</summary>
    PacketInfo = 4,
}
