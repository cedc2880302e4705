using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Netlink;
using CniPlugins.Route;

namespace CniPlugins.Bridge;

/// <summary>Whether a bridge that exists already tells VLANs apart: without, those of its ports mean nothing, and pods of all VLANs reach each other.</summary>
internal static class VlanFiltering
{
    /// <summary>What switches it on.</summary>
    public static string Command(Link bridge) => $"ip link set {bridge} type bridge vlan_filtering 1";

    /// <summary>Switches it on when nobody but pods is on the bridge; throws code 7 when somebody else is, whose frames might have no VLAN to be in.</summary>
    public static void Ensure(RouteSocket host, Link bridge)
    {
        // What does not say so cannot: that kernel refuses the port's VLANs, by name.
        if (bridge.VlanFiltering != false)
            return;
        RequirePossible(host, bridge, CniErrorCode.InvalidNetworkConfig);
        try
        {
            bridge.FilterVlans();
        }
        catch (NetlinkException e)
        {
            throw CniException.Because(
                $"failed to switch on VLAN filtering of bridge {bridge}", e, "a kernel with CONFIG_BRIDGE_VLAN_FILTERING is needed");
        }
    }

    /// <summary>Throws the code if it is off and not ours to switch on.</summary>
    public static void RequirePossible(RouteSocket host, Link bridge, CniErrorCode code)
    {
        if (bridge.VlanFiltering != false)
            return;
        var links = host.Links();
        var feet = links.Where(link => link.Name.StartsWith($"{bridge}.", StringComparison.Ordinal)).Select(link => link.PeerIndex).ToHashSet();
        var foreign = links.FirstOrDefault(
            link => link.MasterIndex == bridge.Index && OwnerMark.Read(link.Alias) is null && !feet.Contains(link.Index));
        if (foreign is not null)
        {
            throw new CniException(
                code,
                $"bridge {bridge} does not filter VLANs, and has a port of somebody else's ({foreign})",
                $"{Command(bridge)} once the VLANs of its ports are right, or give the network a bridge of its own");
        }
    }
}
