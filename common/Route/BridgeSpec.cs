using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>ip link add NAME type bridge [vlan_filtering 1].</summary>
internal sealed record BridgeSpec(string Name) : LinkSpec(Name)
{
    /// <summary>BR_MAX_PORTS is 1,024, but port number 0 is not given out (net/bridge/br_private.h).</summary>
    public const int MaxPorts = 1023;

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
