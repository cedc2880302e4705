using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.Datastores.Kubernetes;

/// <summary>Where objects and lists are in the API: <c>apis/crd.projectcalico.org/v1/ipamblocks/10-0-0-0-26</c>.</summary>
internal static class ResourcePath
{
    private const string Core = "api/v1";

    /// <summary>An object's own path.</summary>
    public static string Of(Key key, ApiGroup group)
    {
        var name = Uri.EscapeDataString(ResourceName.Of(key));
        return key is PodKey pod ? $"{Core}/namespaces/{Uri.EscapeDataString(pod.Namespace)}/pods/{name}" : $"{CollectionOf(key, group)}/{name}";
    }

    /// <summary>Where objects of its kind are listed and made.</summary>
    public static string CollectionOf(Query query, ApiGroup group) => query switch
    {
        NodeKey or AllNodes => $"{Core}/nodes",
        NamespaceKey => $"{Core}/namespaces",
        BlockKey or AllBlocks => Of(group, "ipamblocks"),
        AffinityKey or AffinitiesOf or AllAffinities => Of(group, "blockaffinities"),
        HandleKey or AllHandles => Of(group, "ipamhandles"),
        SettingsKey => Of(group, group.SettingsPlural),
        PoolKey or AllPools => Of(group, "ippools"),
        ReservationKey or AllReservations => Of(group, "ipreservations"),
        ClusterInformationKey => Of(group, "clusterinformations"),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Whether it is one of Calico's kinds, and not Kubernetes' own.</summary>
    public static bool IsCustom(Query query) => query is not (NodeKey or AllNodes or NamespaceKey or PodKey);

    private static string Of(ApiGroup group, string plural) => $"apis/{group.Version}/{plural}";
}
