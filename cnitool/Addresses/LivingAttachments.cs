using CniPlugins.Net;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool.Addresses;

/// <summary>What the container runtime of this node knows to be attached, from its result cache: whose address is nobody's is seen by it.</summary>
internal sealed class LivingAttachments
{
    private readonly Dictionary<string, List<CachedAttachment>> _byContainer = [];
    private readonly HashSet<string> _handles = [];
    private readonly string _cacheDirectory;

    public LivingAttachments(string cacheDirectory, TimeSpan grace)
    {
        _cacheDirectory = cacheDirectory;
        Grace = grace;
        foreach (var entry in new ResultCache(cacheDirectory).List())
        {
            if (!_byContainer.TryGetValue(Key(entry.NetworkName, entry.Attachment.ContainerId), out var entries))
                _byContainer[Key(entry.NetworkName, entry.Attachment.ContainerId)] = entries = [];
            entries.Add(entry);
            _handles.Add($"{entry.NetworkName}.{entry.Attachment.ContainerId}");
        }
    }

    /// <summary>How old an address must be to be missed by its runtime: an ADD may be under way.</summary>
    public TimeSpan Grace { get; }

    /// <summary>Whether any runtime of this node keeps a cache where we look for it; without one nothing can be said about leaks.</summary>
    public bool AreKnown => Directory.Exists(Path.Combine(_cacheDirectory, "results"));

    /// <summary>What to think of before releasing what is missed: a cache without any attachment of the network may not be the runtime's. Empty when there are some.</summary>
    public string DoubtAbout(string network, IEnumerable<Problem> problems) =>
        problems.Any(problem => problem.Kind == Problem.LeakedAddress) && _byContainer.Values.All(entries => entries.TrueForAll(entry => network.Length > 0 && entry.NetworkName != network))
            ? $"  note: the result cache in {_cacheDirectory} has no attachment of this network; if the runtime keeps its cache elsewhere, its pods may live"
            : "";

    /// <summary>The addresses of a network's attachments with the container that has each; an interface of the host has none of them.</summary>
    public IEnumerable<(IpAddress Address, RuntimeAttachment Attachment)> Addresses(string network) =>
        from entry in _byContainer.Values.SelectMany(entries => entries)
        where network.Length == 0 || entry.NetworkName == network
        from ip in entry.Result?.Value.Ips ?? []
        select (ip.Address.Address, entry.Attachment);

    /// <summary>Whether the runtime knows the container on the network; an empty interface name stands for any of its own.</summary>
    public bool Has(string network, string containerId, string ifName) =>
        _byContainer.GetValueOrDefault(Key(network, containerId))?.Exists(entry => ifName.Length == 0 || entry.Attachment.IfName == ifName) ?? false;

    /// <summary>Whether the runtime knows a container whose addresses have this handle, which is network and container ID with a dot between them.</summary>
    public bool HasHandle(string handle) => _handles.Contains(handle);

    private static string Key(string network, string containerId) => $"{network}\n{containerId}";
}
