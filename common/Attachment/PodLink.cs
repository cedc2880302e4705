using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route;

namespace CniPlugins.Attachment;

/// <summary>An interface that is the pod's alone, without an end on the host: macvlan, ipvlan, vlan, dummy, tap. It goes with its namespace.</summary>
internal static class PodLink
{
    /// <summary>A second interface of the same name cannot be made; found out before anything else is.</summary>
    public static void RequireFree(RouteSocket pod, IfName ifName, string kind)
    {
        if (ifName.Value.Contains('%', StringComparison.Ordinal))
            throw new CniException(CniErrorCode.InvalidEnvironment, $"failed to create {kind}: \"{ifName}\" is a pattern", "the kernel fills in a %");
        if (pod.FindLink(ifName.Value) is not null)
            throw new CniException($"failed to create {kind}: \"{ifName}\" already exists", $"DEL the earlier attachment of {ifName} first");
    }

    /// <summary>
    /// ip link add [link MASTER] name eth0 [netns POD] type …, then its owner's name as alias. Born in the pod under its own name: a crash leaves
    /// all of it, or nothing.
    /// </summary>
    /// <param name="side">Where the device is that it stands on; the pod if there is none.</param>
    /// <param name="pod">The pod's namespace.</param>
    /// <param name="request">The ADD.</param>
    /// <param name="spec">What to make; a namespace to be born in, where that is not the side's.</param>
    public static Link Create(RouteSocket side, RouteSocket pod, AddRequest request, LinkSpec spec)
    {
        RequireFree(pod, request.IfName, spec.Kind);
        Link link;
        try
        {
            link = WholeOrNot(pod, spec.Name, () => side == pod ? pod.Create(spec) : side.CreateIn(pod, spec));
        }
        catch (NetlinkException e)
        {
            var hint = e.Errno is Errno.EOPNOTSUPP ? Unknown(spec.Kind) : e.Hint;
            throw new CniException($"failed to create {spec.Kind}: {e.Errno.Describe()}", hint is null ? $"{e.Errno}" : $"{e.Errno}; {hint}");
        }

        try
        {
            link.SetAlias(Owner.Of(request).Alias);
            return link;
        }
        catch (NetlinkException)
        {
            link.Delete();
            throw;
        }
    }

    /// <summary>
    /// What <paramref name="make"/> makes; when that fails, no link of the name stays: the kernel may have made one and could not tell of it. But EEXIST: then it is
    /// somebody else's.
    /// </summary>
    public static Link WholeOrNot(RouteSocket side, string name, Func<Link> make)
    {
        using var undo = new Undo();
        undo.Guard(name, made => side.FindLink(made)?.Delete());
        try
        {
            var link = make();
            undo.Commit();
            return link;
        }
        catch (NetlinkException e) when (e.Errno is Errno.EEXIST)
        {
            undo.Commit();
            throw;
        }
    }

    /// <summary>
    /// Addresses for the link, if the network gives any; not before it is there, for an address plugin may need it (dhcp). Undone, they are given
    /// back when nobody has them any more; but dhcp's, which the server is told by the link.
    /// </summary>
    public static CniResult Lease(AddRequest request, Link link, Undo undo)
    {
        if (request.Conf.IpamType.Length == 0)
            return new CniResult();
        var leased = undo.Guard(request.Ipam.Add(), _ => request.Ipam.Del());
        if (!request.Ipam.NeedsLink)
            undo.Guard(link, made => made.Delete());
        return leased.Ips.Count > 0
            ? leased with { Ips = OfItsInterface(leased.Ips) }
            : throw new CniException("IPAM plugin returned missing IP config");
    }

    /// <summary>Addresses as those of the result's only interface.</summary>
    public static IReadOnlyList<IpConfig> OfItsInterface(IEnumerable<IpConfig> ips) => [.. ips.Select(ip => ip with { Interface = 0 })];

    /// <summary>For a plugin whose interfaces are nothing without addresses.</summary>
    public static void RequireIpam(Request request)
    {
        if (request.Conf.IpamType.Length == 0)
            throw new CniException("no plugin name provided", $"{request.Conf.Type} needs addresses: name an \"ipam\"");
    }

    /// <summary>Addresses, up, routes; without addresses just up.</summary>
    /// <param name="netns">The pod's namespace.</param>
    /// <param name="pod">The same.</param>
    /// <param name="link">The interface.</param>
    /// <param name="leased">Addresses and routes.</param>
    /// <param name="isShared">Whether others are on the link: they are asked whether they have the addresses, and told of them.</param>
    public static void BringUp(Netns netns, RouteSocket pod, Link link, CniResult leased, bool isShared)
    {
        var hasV6 = leased.Ips.Any(ip => ip.Address.Address.IsV6);
        using var detection = isShared && hasV6 ? AddressMonitor.OpenIn(netns) : null;
        if (leased.Ips.Count > 0)
            InterfaceSetup.Prepare(netns, pod, link, leased.Ips, isShared);
        InterfaceSetup.Apply(pod, link, leased, detection, announce: isShared && leased.Ips.Count > 0);
    }

    /// <summary>What ADD answers: the interface first and alone.</summary>
    public static CniResult Result(AddRequest request, Link link, CniResult leased, Dns dns) => leased with
    {
        Interfaces = [new Interface(link.Name, link.Mac?.ToString() ?? "", request.Netns)],
        Dns = dns.OrElse(leased.Dns),
    };

    /// <summary>CHECK: the interface is what was promised, up, and has its addresses and routes. Returns it, for what only its kind has.</summary>
    public static Link Check(CheckRequest request, RouteSocket pod, string kind)
    {
        var type = request.Conf.Type;
        var expected = request.Conf.PreviousResult() ?? throw new CniException($"{type}: Required prevResult missing");
        var promised = Expect.PodInterface(request, expected);
        var link = pod.FindLink(promised.Name)
            ?? throw new CniException($"{type}: Container Interface name in prevResult: {promised.Name} not found");
        if (link.Kind != kind)
            throw new CniException($"Error: Container interface {link} not of type {kind}");
        if (!Expect.HasMac(link, promised))
            throw new CniException($"{type}: Interface {link} Mac {promised.Mac} doesn't match container Mac: {link.Mac}");
        if (!link.IsUp)
            throw new CniException($"Interface {link} is down");

        var routes = pod.Routes();
        Expect.Addresses(pod, link, [.. expected.IpsOf(request.IfName)], routes);
        Expect.Routes(pod, expected.Routes, routes);
        return link;
    }

    /// <summary>
    /// DEL: the interface, then its addresses, which stay reserved while it may be there. An address plugin that needs the link is asked first.
    /// </summary>
    public static void Remove(DelRequest request)
    {
        var teardown = new Teardown();
        var hasIpam = request.Conf.IpamType.Length > 0;
        if (hasIpam && request.Ipam.NeedsLink)
            teardown.Try(request.Ipam.Del);
        if (teardown.Try(() => Delete(request)) && hasIpam && !request.Ipam.NeedsLink)
            teardown.Try(request.Ipam.Del);
        teardown.ThrowIfFailed();
    }

    /// <summary>GC: the interfaces went with their pods; addresses may be left.</summary>
    public static void Collect(GcRequest request) => AskIpam(request, request.Ipam.Gc);

    /// <summary>Asks the address plugin, if the network has one: a segment without addresses is a network too.</summary>
    public static void AskIpam(Request request, Action ask)
    {
        if (request.Conf.IpamType.Length > 0)
            ask();
    }

    /// <summary>STATUS: the kernel can make such links, and the address plugin can serve.</summary>
    /// <param name="request">The STATUS.</param>
    /// <param name="host">The host's namespace.</param>
    /// <param name="incomplete">One that lacks what it stands on: the kernel refuses it, in other words when it does not know the kind.</param>
    public static void RequireUsable(StatusRequest request, RouteSocket host, LinkSpec incomplete)
    {
        if (!host.Knows(incomplete))
            throw new CniException(CniErrorCode.PluginNotAvailable, $"failed to create {incomplete.Kind}: operation not supported", Unknown(incomplete.Kind));
        AskIpam(request, request.Ipam.Status);
    }

    private static void Delete(DelRequest request)
    {
        using var netns = PodNetns.Find(request);
        if (netns is null)
            return;
        using var host = RouteSocket.OpenHere();
        using var pod = RouteSocket.OpenIn(netns);
        Find(host, pod, request)?.Delete();
    }

    /// <summary>
    /// The attachment's interface, by its name or, when it was renamed, by its owner's. Another attachment's, which has the name by now for
    /// namespaces' paths are used again, is none.
    /// </summary>
    public static Link? Find(RouteSocket host, RouteSocket pod, DelRequest request)
    {
        var owner = Owner.Of(request);
        if (pod.FindLink(request.IfName.Value) is not { } link)
            return pod.Links().FirstOrDefault(each => owner.Owns(each.Alias));
        var alias = link.Kind == "veth" && link.PeerIndex is { } index && host.FindLink(index) is { } outer ? outer.Alias : link.Alias;
        if (OwnerMark.Read(alias) is null || owner.Owns(alias))
            return link;
        StandardError.WriteLine($"{request.Conf.Type}: {link} in {request.Netns} belongs to another attachment ({alias}) and stays");
        return null;
    }

    private static string Unknown(string kind) => $"this kernel has no links of type {kind}: modprobe {kind}, or a kernel that has them";
}
