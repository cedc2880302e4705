using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>ip link add link LOWER name NAME type macvlan mode MODE [bcqueuelen N]: one more hardware address on a device.</summary>
internal sealed record MacvlanSpec(string Name, MacvlanMode Mode) : LinkSpec(Name)
{
    public const string KindName = "macvlan";

    public override string Kind => KindName;

    /// <summary>How many broadcast frames may wait to be copied to each of the device's macvlans.</summary>
    public uint? BroadcastQueueLength { get; init; }

    private protected override void WriteData(Attributes<IFLA_INFO> info)
    {
        using var macvlan = info.Nest<IFLA_MACVLAN>(IFLA_INFO.DATA);
        macvlan.Put(IFLA_MACVLAN.MODE, (uint)Mode);
        if (BroadcastQueueLength is { } length)
            macvlan.Put(IFLA_MACVLAN.BC_QUEUE_LEN, length);
    }
}

/// <summary>Whom a macvlan hears.</summary>
internal enum MacvlanMode : uint
{
    /// <summary>Nobody on the same device.</summary>
    Private = MACVLAN_MODE.PRIVATE,

    /// <summary>Others on the same device by way of a switch outside that sends back (802.1Qbg).</summary>
    Vepa = MACVLAN_MODE.VEPA,

    /// <summary>Others on the same device directly.</summary>
    Bridge = MACVLAN_MODE.BRIDGE,

    /// <summary>All that comes to the device, which can have no other.</summary>
    Passthru = MACVLAN_MODE.PASSTHRU,
}
