namespace CniPlugins.Ipam.Blocks.Model;

/// <summary>What a cluster says of itself as a whole (Calico's ClusterInformation); of interest is whether somebody has locked the datastore.</summary>
/// <param name="IsReady"><c>datastoreReady</c>; null when it does not say.</param>
internal sealed record ClusterInformation(bool? IsReady) : Resource;
