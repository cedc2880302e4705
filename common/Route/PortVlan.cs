using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>A VLAN on a bridge port.</summary>
/// <param name="Vid">1 to 4094.</param>
/// <param name="Pvid">Untagged frames that come in belong to it.</param>
/// <param name="Untagged">Its frames go out without a tag.</param>
internal readonly record struct PortVlan(ushort Vid, bool Pvid = false, bool Untagged = false)
{
    private const int MostVids = 4096; // VLAN_N_VID (linux/if_vlan.h)

    internal bridge_vlan_info ToInfo() => new()
    {
        vid = Vid,
        flags = (Pvid ? BRIDGE_VLAN_INFO.PVID : 0) | (Untagged ? BRIDGE_VLAN_INFO.UNTAGGED : 0),
    };

    /// <summary>Adds what one AF_BRIDGE link message says; RANGE_BEGIN and RANGE_END stand for all between them.</summary>
    internal static void Read(AttributeReader<IFLA> link, List<PortVlan> into)
    {
        foreach (var attribute in link)
        {
            if (attribute.Type != IFLA.AF_SPEC)
                continue;
            var first = (ushort)0;
            foreach (var part in attribute.Nested<IFLA_BRIDGE>())
            {
                if (part.Type != IFLA_BRIDGE.VLAN_INFO)
                    continue;
                var info = part.Value<bridge_vlan_info>();
                if (!info.flags.HasFlag(BRIDGE_VLAN_INFO.RANGE_END))
                    first = info.vid;
                if (info.flags.HasFlag(BRIDGE_VLAN_INFO.RANGE_BEGIN))
                    continue;
                if (info.vid >= MostVids || into.Count >= MostVids)
                    throw NetlinkException.Malformed($"read VLANs of a port: {info.vid} after {into.Count} others");
                for (int vid = first; vid <= info.vid; vid++)
                    into.Add(new PortVlan((ushort)vid, info.flags.HasFlag(BRIDGE_VLAN_INFO.PVID), info.flags.HasFlag(BRIDGE_VLAN_INFO.UNTAGGED)));
            }
        }
    }
}
