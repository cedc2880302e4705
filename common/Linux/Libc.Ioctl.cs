using System.Runtime.InteropServices;

namespace CniPlugins.Linux;

// sys/ioctl.h, net/if.h, linux/if_tun.h
internal static partial class Libc
{
    public const uint TUNSETIFF = 0x400454ca;
    public const uint TUNSETPERSIST = 0x400454cb;
    public const uint TUNSETOWNER = 0x400454cc;
    public const uint TUNSETGROUP = 0x400454ce;
    public const int IFF_TAP = 0x0002;
    public const int IFF_MULTI_QUEUE = 0x0100;
    public const int IFF_NO_PI = 0x1000;
    public const int IFF_VNET_HDR = 0x4000;
    public const int IFF_TUN_EXCL = 0x8000;

    /// <summary><c>struct ifreq</c>, of whose union only the flags are used.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 40)]
    public unsafe struct ifreq
    {
        public fixed byte ifr_name[16];
        public ushort ifr_flags;
    }

    [LibraryImport(Name, SetLastError = true)]
    public static unsafe partial int ioctl(int fd, nuint request, void* argument);
}
