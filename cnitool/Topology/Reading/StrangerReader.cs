using CniPlugins.Attachment;
using CniPlugins.Linux;
using CniPlugins.Route;

namespace CniPlugins.Cnitool.Topology.Reading;

/// <summary>What is in the kernel and in no cache: veths and rules that name another owner, or look like CNI's and name none.</summary>
internal sealed class StrangerReader(HostLinks links, OwnedRules? rules, HostLimits limits, IReadOnlyList<PodAttachment> known)
{
    private const string NamedNamespaces = "/run/netns";
    private const int UpstreamNameLength = 12; // veth and eight hexadecimal digits

    /// <summary>An attachment for every owner that no cache knows, and one for every veth that has no owner's name.</summary>
    public IReadOnlyList<PodAttachment> Read(IReadOnlySet<string> knownOwners)
    {
        var ends = known.Select(pod => pod.HostInterface).ToHashSet();
        var veths = links.All.Where(link => link is { Kind: "veth", PeerNetnsId: not null } && !ends.Contains(link.Name))
            .Select(link => (Link: link, Owner: OwnerMark.Read(link.Alias))).Where(veth => veth.Owner is not null || IsLikeOurs(veth.Link)).ToList();
        var inside = veths.Count > 0 ? NamedVeths() : [];
        var strangers = veths.Where(veth => veth.Owner is null || !knownOwners.Contains(veth.Owner.Hash))
            .Select(veth => Stranger(veth.Owner, veth.Link, inside.FirstOrDefault(pod => links.PeerOf(pod.View) == veth.Link), "")).ToList();
        var owners = veths.Select(veth => veth.Owner?.Hash).ToHashSet();
        foreach (var (owner, netns) in rules?.Owners ?? [])
        {
            if (!knownOwners.Contains(owner.Hash) && !owners.Contains(owner.Hash))
                strangers.Add(Stranger(owner, null, default, netns));
        }

        return strangers;
    }

    /// <summary>Limits of containers that nobody knows, and elements without an owner.</summary>
    public IEnumerable<string> Leftovers(IReadOnlyList<PodAttachment> all)
    {
        var expected = all.Select(pod => PodIfbName.Of(pod.Network, pod.ContainerId)).ToHashSet();
        foreach (var ifb in links.All.Where(link => PodIfbName.IsOn(link) && !limits.IsFed(link) && !expected.Contains(link.Name)))
            yield return $"ifb {ifb.Name}: a rate limit{(limits.Of(ifb) is { } limit ? $" of {limit}" : "")} that no traffic is led through, {Whose(ifb)}";
        foreach (var element in rules?.Nameless ?? [])
            yield return $"{element}: does not say whose it is";
    }

    /// <summary>The device of a limit whose veth is gone.</summary>
    private Link? IdleIfb(OwnerMark owner) => links.Find(PodIfbName.Of(owner.Network, owner.ContainerId)) is { } ifb && !limits.IsFed(ifb) ? ifb : null;

    private static string Whose(Link link) => OwnerMark.Read(link.Alias) is { } owner
        ? $"of container {owner.ContainerId} on network {owner.Network}, which is in no cache"
        : "of no known container";

    private PodAttachment Stranger(OwnerMark? owner, Link? outer, (string Path, PodView View) pod, string netns)
    {
        var view = pod.View;
        return new PodAttachment(owner?.Network ?? "", owner?.ContainerId ?? "", owner?.IfName ?? view?.IfName ?? "")
        {
            State = AttachmentState.Leaked,
            Netns = pod.Path ?? netns,
            HostInterface = outer?.Name ?? "",
            Bridge = links.Find(outer?.MasterIndex ?? 0)?.Name ?? "",
            Addresses = view?.Addresses ?? (owner is null ? [] : rules?.AddressesOf(owner.Hash) ?? []),
            Gateways = view?.Gateways ?? [],
            HostRoutes = outer is { MasterIndex: null } ? links.HostRoutes(outer) : [],
            Ports = owner is null ? [] : rules?.PortsOf(owner.Hash) ?? [],
            Ingress = limits.Of(outer),
            Egress = limits.Behind(outer),
            Masquerade = owner is not null && rules?.IsMasqueraded(owner.Hash) == true ? "nftables" : "",
            Problems =
            [
                owner is null ? "in no runtime's cache, and it does not say whose it is"
                : outer is null ? $"in no runtime's cache; only rules are left of it{(IdleIfb(owner) is { } ifb ? $", and {ifb.Name}" : "")}"
                : "in no runtime's cache",
            ],
        };
    }

    /// <summary>Upstream's veths have no owner's name: by theirs (veth and eight digits), or by a neighbour that is CNI's.</summary>
    private bool IsLikeOurs(Link link) =>
        (link.Name.Length == UpstreamNameLength && link.Name.StartsWith("veth", StringComparison.Ordinal) && link.Name[4..].All(char.IsAsciiHexDigitLower))
        || (links.Find(link.MasterIndex ?? 0) is { } bridge && known.Any(pod => pod.Bridge == bridge.Name));

    /// <summary>ip -all netns exec ip link show type veth, for namespaces that have names.</summary>
    private static List<(string Path, PodView View)> NamedVeths()
    {
        try
        {
            return [.. DiskFile.Names(NamedNamespaces).Select(name => Path.Combine(NamedNamespaces, name)).SelectMany(path => PodView.Veths(path).Select(view => (path, view)))];
        }
        catch (LibcException)
        {
            return []; // whose end it is then stays unknown, and is drawn so
        }
    }
}
