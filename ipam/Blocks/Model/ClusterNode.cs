namespace CniPlugins.Ipam.Blocks.Model;

/// <summary>A machine of the cluster (Calico's Node): its labels decide which pools are its own. All else of it is kept as it is.</summary>
internal sealed record ClusterNode(Metadata Metadata) : Resource
{
    public IReadOnlyDictionary<string, string> Labels => Metadata.Labels;
}
