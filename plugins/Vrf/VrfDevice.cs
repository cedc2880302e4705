using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Route;

namespace CniPlugins.Vrf;

/// <summary>The VRF in the pod: shared by the pod's interfaces that name it, made by the first, gone with the last.</summary>
internal static class VrfDevice
{
    private const uint ReservedFirst = 253; // default, main and local

    private const uint ReservedLast = 255;

    /// <summary>ip link add NAME up type vrf table TABLE, unless it is there; second: whether it was made.</summary>
    public static (Link Vrf, bool IsNew) Ensure(RouteSocket pod, VrfConfig config)
    {
        if (Find(pod, config) is { } present)
            return (present, false);
        var table = config.Table ?? FirstFree(pod);
        try
        {
            return (PodLink.WholeOrNot(pod, config.Name, () => pod.Create(new VrfSpec(config.Name, table) { Up = true })), true);
        }
        catch (NetlinkException e) when (e.Errno is Errno.EEXIST)
        {
            // Another interface's ADD made it meanwhile.
            return (Find(pod, config) ?? throw CniException.Because($"could not add VRF {config.Name}", e), false);
        }
        catch (NetlinkException e)
        {
            var hint = e.Errno is Errno.EOPNOTSUPP ? "this kernel has no links of type vrf: modprobe vrf, or a kernel that has them" : e.Hint ?? "";
            throw new CniException($"could not add VRF {config.Name}: {e.Errno.Describe()}", $"{e.Errno}; {hint}");
        }
    }

    /// <summary>The VRF that is there; null when there is none. Another device of its name, or another table than the one asked for, is an error.</summary>
    public static Link? Find(RouteSocket pod, VrfConfig config)
    {
        if (pod.FindLink(config.Name) is not { } link)
            return null;
        if (link.Data is not VrfData { Table: var table })
            throw new CniException($"Netlink {config.Name} is not a VRF");
        return config.Table is null || config.Table == table
            ? link
            : throw new CniException($"VRF {config.Name} already exist with different routing table {table}");
    }

    /// <summary>Its table.</summary>
    public static uint TableOf(Link vrf) => ((VrfData)vrf.Data!).Table;

    /// <summary>Takes it away unless an interface is in it.</summary>
    public static void DeleteIfEmpty(RouteSocket pod, Link vrf)
    {
        if (!pod.Links().Any(link => link.MasterIndex == vrf.Index))
            vrf.Delete();
    }

    private static uint FirstFree(RouteSocket pod)
    {
        var taken = pod.Links(VrfSpec.KindName).Select(link => link.Data).OfType<VrfData>().Select(data => data.Table).ToHashSet();
        var table = 1u;
        while (taken.Contains(table) || table is >= ReservedFirst and <= ReservedLast)
            table++;
        return table;
    }
}
