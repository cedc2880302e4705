using CniPlugins.Linux;

namespace CniPlugins.Route;

/// <summary>ip tuntap add NAME mode tap [user UID] [group GID] [multi_queue] [vnet_hdr] [pi]: a link whose other end is whoever opens it.</summary>
/// <remarks>Not made by netlink: the kernel has an ioctl for it, which acts in the calling thread's network namespace.</remarks>
internal sealed record TapSpec(string Name)
{
    /// <summary>Who may open it; null is anybody with CAP_NET_ADMIN.</summary>
    public uint? Owner { get; init; }

    public uint? Group { get; init; }

    public TapFlags Flags { get; init; }

    /// <summary>Makes it in this namespace; throws <see cref="LibcException"/>, EBUSY when the name is taken.</summary>
    public void Create() => TunDevice.CreateTap(Name, Flags, Owner, Group);
}
