using CniPlugins.Attachment;
using CniPlugins.Net;
using CniPlugins.Route;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool.Topology.Reading;

/// <summary>One cached attachment beside what the kernel has of it.</summary>
internal sealed class AttachmentReader(HostLinks links, OwnedRules? rules, HostLimits limits)
{
    public PodAttachment Read(CachedAttachment entry)
    {
        var (id, netns, ifName) = entry.Attachment;
        var owner = new Owner(entry.NetworkName, ifName, id);
        var wishes = CachedWishes.Of(entry);
        var view = View(entry, owner);
        var isMoved = wishes.Plugin == "host-device"; // a veth of the host's has nothing of the pod's at its other end
        var outer = isMoved ? null : HostEnd(entry, owner, view);
        var cached = entry.Result?.Value.Ips.Select(ip => ip.Address).ToList() ?? [];
        var pod = new PodAttachment(entry.NetworkName, id, ifName)
        {
            State = view.State,
            Netns = netns,
            Plugin = wishes.Plugin,
            PodName = PodNameOf(entry.Attachment.Args),
            HostInterface = outer?.Name ?? "",
            Device = isMoved ? view.Alias : "",
            Bridge = links.Find(outer?.MasterIndex ?? 0)?.Name ?? "",
            Master = links.MasterOf(view),
            Layer = view.Layer,
            InnerMaster = view.InnerMaster,
            Addresses = view.State is AttachmentState.Attached && netns.Length > 0 ? view.Addresses : cached,
            Gateways = view.Gateways.Count > 0 ? view.Gateways : [.. entry.Result?.Value.Ips.Select(ip => ip.Gateway).OfType<IpAddress>().Distinct() ?? []],
            HostRoutes = outer is { MasterIndex: null } ? links.HostRoutes(outer) : [],
            Ports = Ports(owner, wishes),
            Ingress = limits.Of(outer),
            Egress = limits.Behind(outer),
            Masquerade = rules?.MasqueradeOf(owner) ?? "",
        };
        return pod with
        {
            Problems = [.. ((string[])[view.Problem, wishes.Problem]).Where(problem => problem.Length > 0),
                .. pod.State is AttachmentState.Gone ? Remains(pod) : pod.State is AttachmentState.Attached ? Differences(pod, wishes, outer, cached) : []],
        };
    }

    /// <summary>The pod as its namespace shows it; where the runtime kept no path, the host's end has to do.</summary>
    private PodView View(CachedAttachment entry, Owner owner) =>
        entry.Attachment.Netns.Length > 0 ? Lives(PodView.Of(entry.Attachment.Netns, entry.Attachment.IfName), owner)
        : HostNames(entry).Any(name => links.Find(name) is not null) ? new PodView(AttachmentState.Attached)
        : new PodView(AttachmentState.Gone, "no path of its namespace was kept, and nothing of it is on the host");

    /// <summary>A namespace whose path is in another mount namespace is not to be seen from here, and lives.</summary>
    private PodView Lives(PodView view, Owner owner) =>
        view.State is AttachmentState.Gone && links.OfOwner(owner.Hash) is { } outer && Liveness.IsLinkOf(outer, owner.Hash)
            ? new PodView(AttachmentState.Unread, $"{view.Problem}, but {outer.Name} has its other end: it lives where nobody can see it from here")
            : view;

    private Link? HostEnd(CachedAttachment entry, Owner owner, PodView view) =>
        links.PeerOf(view)
        ?? links.OfOwner(owner.Hash)
        ?? (view.PeerIndex is null ? HostNames(entry).Select(links.Find).FirstOrDefault(link => link?.Kind == "veth") : null);

    private static IEnumerable<string> HostNames(CachedAttachment entry) =>
        entry.Result?.Value.Interfaces.Where(link => link.Sandbox.Length == 0).Select(link => link.Name) ?? [];

    private static string PodNameOf(IReadOnlyList<KeyValuePair<string, string>> args)
    {
        var values = args.ToLookup(pair => pair.Key, pair => pair.Value);
        return values["K8S_POD_NAME"].FirstOrDefault() is { Length: > 0 } name
            ? values["K8S_POD_NAMESPACE"].FirstOrDefault() is { Length: > 0 } space ? $"{space}/{name}" : name
            : "";
    }

    /// <summary>What the kernel has, and what the runtime asked for besides.</summary>
    private IReadOnlyList<PortForward> Ports(Owner owner, CachedWishes wishes)
    {
        var found = rules?.PortsOf(owner.Hash) ?? [];
        var other = wishes.Ports.Where(port => !found.Any(port.IsSamePort)).ToList();
        var backend = other.Count > 0 ? rules?.OtherPortBackend(owner) ?? "" : "";
        return [.. found.Concat(other.Select(port => port with { Backend = backend })).OrderBy(port => port.HostPort).ThenBy(port => port.Protocol, StringComparer.Ordinal)];
    }

    /// <summary>What a dead pod has left in the kernel.</summary>
    private IEnumerable<string> Remains(PodAttachment pod)
    {
        var remains = ((string[])[
            pod.HostInterface,
            string.Join(", ", pod.Ports.Where(port => port.Backend.Length > 0).Select(port => $"port {port.From}")),
            pod.Masquerade.Length > 0 ? "masquerade" : "",
            Ifb(pod)?.Name ?? "",
        ]).Where(text => text.Length > 0).ToList();
        if (remains.Count > 0)
            yield return $"still in the kernel: {string.Join(", ", remains)}";
    }

    private Link? Ifb(PodAttachment pod) => links.Find(PodIfbName.Of(pod.Network, pod.ContainerId));

    private IEnumerable<string> Differences(PodAttachment pod, CachedWishes wishes, Link? outer, IReadOnlyList<Cidr> cached)
    {
        if (pod.Netns.Length > 0)
        {
            foreach (var address in cached.Except(pod.Addresses))
                yield return $"address {address} is not on {pod.IfName}";
        }

        if (outer is null && wishes.Plugin is "bridge" or "ptp")
            yield return "its veth's end on the host was not found";
        if (outer is { IsUp: false })
            yield return $"{outer.Name} is down";
        if (outer is not null && wishes.Bridge.Length > 0 && pod.Bridge != wishes.Bridge)
            yield return $"{outer.Name} is {(pod.Bridge.Length > 0 ? $"in {pod.Bridge}" : "in no bridge")}, not in {wishes.Bridge}";
        if (wishes.Bandwidth && pod.Ingress is null && pod.Egress is null)
            yield return "a rate limit was configured, and none is in the kernel";
        if (Ifb(pod) is { } ifb && !limits.IsFed(ifb))
            yield return $"{ifb.Name} limits nothing: no traffic is led through it";
        if (rules is null)
            yield break;
        foreach (var port in pod.Ports.Where(port => port.Backend.Length == 0))
            yield return $"port {port} is not in the kernel; cnitool repair puts it back";
        if (wishes.Masquerade && pod.Masquerade.Length == 0)
            yield return "ipMasq was configured, and no rule is in the kernel; cnitool repair puts it back";
    }
}
