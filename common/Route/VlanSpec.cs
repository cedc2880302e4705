using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>ip link add link LOWER name NAME type vlan id ID: a device's frames with one tag (802.1Q); of a device there is one for each tag.</summary>
internal sealed record VlanSpec(string Name, ushort Id) : LinkSpec(Name)
{
    public const string KindName = "vlan";

    public override string Kind => KindName;

    private protected override void WriteData(Attributes<IFLA_INFO> info)
    {
        using var vlan = info.Nest<IFLA_VLAN>(IFLA_INFO.DATA);
        vlan.Put(IFLA_VLAN.ID, Id);
    }
}
