using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Model;

/// <summary>What can be asked of a datastore: one object by its <see cref="Key"/>, or all of a <see cref="Scope"/>.</summary>
internal abstract record Query;

/// <summary>The name of one object, whatever a datastore makes of it.</summary>
internal abstract record Key : Query;

/// <summary>A <see cref="Block"/>, by its network.</summary>
internal sealed record BlockKey(Cidr Cidr) : Key
{
    public override string ToString() => $"block {Cidr}";
}

/// <summary>A <see cref="BlockAffinity"/>: whose claim of which block.</summary>
internal sealed record AffinityKey(BlockOwner Owner, Cidr Cidr) : Key
{
    public override string ToString() => $"affinity of {Owner} for {Cidr}";
}

/// <summary>A <see cref="BlockHandle"/>, by its ID.</summary>
internal sealed record HandleKey(string Id) : Key
{
    public override string ToString() => $"handle {Id}";
}

/// <summary>The one <see cref="BlockSettings"/>.</summary>
internal sealed record SettingsKey : Key
{
    public override string ToString() => "IPAM config";
}

/// <summary>An <see cref="IpPool"/>, by its name.</summary>
internal sealed record PoolKey(string Name) : Key
{
    public override string ToString() => $"pool {Name}";
}

/// <summary>An <see cref="IpReservation"/>, by its name.</summary>
internal sealed record ReservationKey(string Name) : Key
{
    public override string ToString() => $"IP reservation {Name}";
}

/// <summary>A <see cref="ClusterNode"/>, by its name.</summary>
internal sealed record NodeKey(string Name) : Key
{
    public override string ToString() => $"node {Name}";
}

/// <summary>The one <see cref="ClusterInformation"/>.</summary>
internal sealed record ClusterInformationKey : Key
{
    public override string ToString() => "ClusterInformation(default)";
}

/// <summary>A <see cref="ClusterNamespace"/>, by its name; only Kubernetes has these.</summary>
internal sealed record NamespaceKey(string Name) : Key
{
    public override string ToString() => $"namespace {Name}";
}

/// <summary>A <see cref="ClusterPod"/>, by its namespace and name; only Kubernetes has these.</summary>
internal sealed record PodKey(string Namespace, string Name) : Key
{
    public override string ToString() => $"pod {Namespace}/{Name}";
}

/// <summary>A <see cref="WorkloadEndpoint"/>, by its namespace and name; Kubernetes has pods instead.</summary>
internal sealed record EndpointKey(string Namespace, string Name) : Key
{
    public override string ToString() => $"WorkloadEndpoint({Namespace}/{Name})";
}

/// <summary>A <see cref="NetworkProfile"/>, by its name; Kubernetes has namespaces and service accounts instead.</summary>
internal sealed record ProfileKey(string Name) : Key
{
    public override string ToString() => $"Profile({Name})";
}
