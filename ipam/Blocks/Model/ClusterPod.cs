namespace CniPlugins.Ipam.Blocks.Model;

/// <summary>A pod of Kubernetes, as far as its network is concerned.</summary>
internal sealed record ClusterPod(Metadata Metadata, IReadOnlyDictionary<string, string> Annotations) : Resource
{
    public IReadOnlyDictionary<string, string> Labels => Metadata.Labels;

    /// <summary>The node that it was put on; empty while it waits for one.</summary>
    public string NodeName { get; init; } = "";

    /// <summary>Whether it lives in the host's own network.</summary>
    public bool IsOnHostNetwork { get; init; }

    public string ServiceAccount { get; init; } = "";

    /// <summary><c>status.podIPs</c>: what the kubelet says its addresses are.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>Ports of its containers that have a name or a host port.</summary>
    public IReadOnlyList<ContainerPort> Ports { get; init; } = [];
}

/// <summary>A port that a container names.</summary>
internal sealed record ContainerPort(string Name, string Protocol, int Port, int HostPort, string HostAddress);
