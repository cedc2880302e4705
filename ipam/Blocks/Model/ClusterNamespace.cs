namespace CniPlugins.Ipam.Blocks.Model;

/// <summary>A namespace of Kubernetes: its labels choose pools, its annotations are wishes for all its pods.</summary>
internal sealed record ClusterNamespace(Metadata Metadata, IReadOnlyDictionary<string, string> Annotations) : Resource
{
    public IReadOnlyDictionary<string, string> Labels => Metadata.Labels;
}
