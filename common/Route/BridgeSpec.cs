using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>ip link add NAME type bridge [vlan_filtering 1].</summary>
internal sealed record BridgeSpec(string Name) : LinkSpec(Name)
{
    public override string Kind => "bridge";

    /// <summary>Whether ports have VLANs; null leaves it off, without naming an option that the kernel may not have.</summary>
    public bool? VlanFiltering { get; init; }

    private protected override void WriteData(Attributes<IFLA_INFO> info)
    {
        if (VlanFiltering is not { } filtering)
            return;
        using var bridge = info.Nest<IFLA_BR>(IFLA_INFO.DATA);
        bridge.Put(IFLA_BR.VLAN_FILTERING, (byte)(filtering ? 1 : 0));
    }
}
