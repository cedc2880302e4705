namespace CniPlugins.Ipam.Blocks.Model;

/// <summary>One attachment of a workload, as Calico's other parts know it (WorkloadEndpoint); where Kubernetes is the datastore, pods say it by annotations.</summary>
internal sealed record WorkloadEndpoint(Metadata Metadata) : Resource
{
    public string Namespace { get; init; } = "default";

    /// <summary><c>k8s</c> or <c>cni</c>.</summary>
    public string Orchestrator { get; init; } = "";

    public string Node { get; init; } = "";

    public string ContainerId { get; init; } = "";

    public string Pod { get; init; } = "";

    /// <summary>The interface in the pod.</summary>
    public string Interface { get; init; } = "";

    public string ServiceAccount { get; init; } = "";

    /// <summary>The addresses, each by itself: 10.0.0.5/32.</summary>
    public IReadOnlyList<string> Networks { get; init; } = [];

    /// <summary>Floating addresses: the pod's own, and the one that leads to it.</summary>
    public IReadOnlyList<(string Internal, string External)> Nats { get; init; } = [];

    public IReadOnlyList<string> Profiles { get; init; } = [];

    /// <summary>The link on the host.</summary>
    public string HostInterface { get; init; } = "";

    public string Mac { get; init; } = "";

    public IReadOnlyList<ContainerPort> Ports { get; init; } = [];

    public IReadOnlyList<string> AllowedSources { get; init; } = [];

    /// <summary>Members of <c>spec</c> that are not known here.</summary>
    public IReadOnlyList<RawMember> SpecExtra { get; init; } = [];

    /// <summary>An endpoint's name: what it is made of, joined by hyphens, of which those within are doubled.</summary>
    public static string NameOf(string node, string orchestrator, string workload, string endpoint) =>
        string.Join('-', [Doubled(node), Doubled(orchestrator), Doubled(workload), Doubled(endpoint)]);

    private static string Doubled(string segment) => segment.Replace("-", "--", StringComparison.Ordinal);
}

/// <summary>What pods of a network may do that no policy speaks of (Calico's Profile); made once, then left to people.</summary>
internal sealed record NetworkProfile(Metadata Metadata, bool AllowsEverybody) : Resource;
