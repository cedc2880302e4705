using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>ip link add link LOWER name NAME type ipvlan mode MODE bridge: more addresses on a device, behind its one hardware address.</summary>
internal sealed record IpvlanSpec(string Name, IpvlanMode Mode) : LinkSpec(Name)
{
    public const string KindName = "ipvlan";

    private const ushort BridgeFlag = 0; // neither IPVLAN_F_PRIVATE nor IPVLAN_F_VEPA

    public override string Kind => KindName;

    private protected override void WriteData(Attributes<IFLA_INFO> info)
    {
        using var ipvlan = info.Nest<IFLA_IPVLAN>(IFLA_INFO.DATA);
        ipvlan.Put(IFLA_IPVLAN.MODE, (ushort)Mode);
        ipvlan.Put(IFLA_IPVLAN.FLAGS, BridgeFlag);
    }
}

/// <summary>At which layer an ipvlan's device tells its addresses apart; one mode for all of a device.</summary>
internal enum IpvlanMode : ushort
{
    /// <summary>Neighbours are asked for, broadcasts heard.</summary>
    L2 = IPVLAN_MODE.L2,

    /// <summary>Routed by the device's namespace; no neighbours, no broadcasts.</summary>
    L3 = IPVLAN_MODE.L3,

    /// <summary>As L3, and what comes in passes the host's netfilter.</summary>
    L3S = IPVLAN_MODE.L3S,
}
