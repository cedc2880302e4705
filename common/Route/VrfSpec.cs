using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>ip link add NAME type vrf table TABLE: what comes and goes by its ports is routed by that table alone.</summary>
internal sealed record VrfSpec(string Name, uint Table) : LinkSpec(Name)
{
    public const string KindName = "vrf";

    public override string Kind => KindName;

    private protected override void WriteData(Attributes<IFLA_INFO> info)
    {
        using var vrf = info.Nest<IFLA_VRF>(IFLA_INFO.DATA);
        vrf.Put(IFLA_VRF.TABLE, Table);
    }
}
