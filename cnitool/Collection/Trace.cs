using CniPlugins.Cnitool.Topology;
using CniPlugins.Linux;

namespace CniPlugins.Cnitool.Collection;

/// <summary>All that this host shows of one attachment: in caches, on links, in rules, among addresses.</summary>
internal sealed class Trace
{
    private readonly List<string> _things = [];
    private readonly List<string> _namespaces = [];

    /// <summary>Its whole name; null as long as it is only known by its hash.</summary>
    public Cni.Attachment? Name { get; set; }

    /// <summary>What is known of its name, for people.</summary>
    public string Label { get; set; } = "";

    /// <summary>What a runtime's cache and a look into the namespace say; null when no cache knows it.</summary>
    public AttachmentState? Cached { get; set; }

    /// <summary>Why the cache's attachment is none any more.</summary>
    public string Problem { get; set; } = "";

    /// <summary>Whether a veth of its has its other end somewhere: the kernel takes it when the pod's namespace goes.</summary>
    public bool HasVeth { get; set; }

    /// <summary>Whether anything says where it lived; what does not is kept.</summary>
    public bool IsTraceable => Cached is not null || HasVeth || _namespaces.Count > 0;

    /// <summary>
    /// Whether it lives: by the cache and its namespace; where no cache knows it, by its veth; without one by the namespace that its records name.
    /// </summary>
    public bool Lives =>
        Cached is { } state ? state is not AttachmentState.Gone
        : HasVeth || !IsTraceable || _namespaces.Exists(path => !Netns.IsGone(path));

    /// <summary>Something of it was found.</summary>
    public void Add(string thing)
    {
        if (!_things.Contains(thing))
            _things.Add(thing);
    }

    /// <summary>A record says in which namespace it is.</summary>
    public void AddNamespace(string path)
    {
        if (path.Length > 0)
            _namespaces.Add(path);
    }

    /// <summary>Each thing of it, as what is taken.</summary>
    public IEnumerable<Remnant> Remnants() => _things.Select(thing => new Remnant(thing, Name is { } name ? $"{name.ContainerId}/{name.IfName}" : Label, Why));

    private string Why =>
        Lives ? "it lives; --all takes it too"
        : Problem.Length > 0 ? Problem
        : $"its namespace {_namespaces[0]} is gone, and no runtime's cache knows it";
}
