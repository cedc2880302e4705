using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

internal sealed partial class Link
{
    /// <summary>Whether somebody set PROMISC as a flag; the kernel may have more reasons, see <see cref="IsPromiscuous"/>.</summary>
    public bool HasPromiscuousFlag => _flags.HasFlag(IFF.PROMISC);

    /// <summary>Whether it takes in every multicast frame.</summary>
    public bool IsAllMulticast => _flags.HasFlag(IFF.ALLMULTI);

    /// <summary>ip link set dev NAME mtu BYTES.</summary>
    public void SetMtu(int mtu) =>
        Change(0, 0, $"set mtu {mtu} on {Name}", static (link, mtu) => link.Put(IFLA.MTU, mtu), mtu);

    /// <summary>ip link set dev NAME allmulticast on|off.</summary>
    public void SetAllMulticast(bool on) =>
        Change(on ? IFF.ALLMULTI : 0, IFF.ALLMULTI, $"set all-multicast mode on {Name}", static (_, _) => { }, 0);

    /// <summary>ip link set dev NAME txqueuelen PACKETS.</summary>
    public void SetTxQueueLength(uint length) =>
        Change(0, 0, $"set transmit queue length {length} on {Name}", static (link, length) => link.Put(IFLA.TXQLEN, length), length);
}
