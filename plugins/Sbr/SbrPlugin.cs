using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route;

namespace CniPlugins.Sbr;

/// <summary>Packets from an interface's addresses leave by that interface, whatever the main table says: source based routing in the pod.</summary>
internal sealed class SbrPlugin : Plugin<SbrConfig>
{
    private static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(30);

    public override PluginRole Role => PluginRole.Chained;

    public override void Declare(OptionReader options) => _ = new SbrConfig(options);

    protected override SbrConfig Read(Request request) => OptionReader.Load(request, options => new SbrConfig(options));

    protected override CniResult Add(AddRequest request, SbrConfig config)
    {
        var result = RequirePrevious(request);
        var ips = IpsOf(result, request.IfName);
        if (ips.Count == 0)
            throw new CniException($"No IP addresses supplied on interface: {request.IfName}");
        using var netns = PodNetns.Open(request.Netns);
        using var alone = FileLock.TakeExisting(request.Netns, LockLimit); // as upstream's: two interfaces of a pod must not choose one table
        using var pod = RouteSocket.OpenIn(netns);
        var link = pod.FindLink(request.IfName.Value) ?? throw new CniException($"Cannot find network interface {request.IfName}: Link not found");
        using var undo = new Undo();

        var routing = config.Table is { } table
            ? SourceRouting.InTable(pod, link, ips, table)
            : SourceRouting.InTablesOfTheirOwn(pod, link, ips, config);
        undo.Guard(routing, made => made.TakeBack());
        routing.Apply(config.Table is null ? "Failed to add rule" : "failed to add rule");
        undo.Commit();
        return result;
    }

    protected override void Check(CheckRequest request, SbrConfig config)
    {
        var ips = IpsOf(RequirePrevious(request), request.IfName);
        using var netns = PodNetns.Open(request.Netns);
        using var pod = RouteSocket.OpenIn(netns);
        var link = pod.FindLink(request.IfName.Value) ?? throw new CniException($"Cannot find network interface {request.IfName}: Link not found");
        var rules = pod.Rules();
        foreach (var ip in ips)
        {
            var rule = rules.FirstOrDefault(rule => IsOurs(rule, config) && rule.Source!.Value.Address == ip.Address.Address)
                ?? throw new CniException($"sbr: expected rule from {ip.Address.Address} not found", "ip rule show, in the pod");
            if (config.Table is not null || config.GatewayFor(ip) is not { } gateway)
                continue;
            if (!pod.Routes(rule.Table).Any(route => route.Destination.PrefixLength == 0 && route.LinkIndex == link.Index && route.Gateway == gateway))
                throw new CniException($"sbr: expected default route via {gateway} not found in table {rule.Table}", $"ip route show table {rule.Table}, in the pod");
        }
    }

    /// <summary>Rules alone: the routes go with the interface.</summary>
    protected override void Del(DelRequest request, SbrConfig config)
    {
        using var netns = PodNetns.Find(request);
        if (netns is null)
            return;
        using var alone = FileLock.TakeExisting(request.Netns!, LockLimit);
        using var pod = RouteSocket.OpenIn(netns);
        var teardown = new Teardown();
        foreach (var rule in RulesToGo(request, config, pod))
            teardown.Try(() => pod.DeleteRule(new RuleSpec(rule.Source!.Value, rule.Table) { Priority = rule.Priority }));
        teardown.ThrowIfFailed();
    }

    /// <summary>All of it is in the pod and goes with it.</summary>
    protected override void Gc(GcRequest request, SbrConfig config)
    {
    }

    protected override void Status(StatusRequest request, SbrConfig config)
    {
        using var host = RouteSocket.OpenHere();
        try
        {
            _ = host.Rules();
        }
        catch (NetlinkException e)
        {
            throw new CniException(CniErrorCode.PluginNotAvailable, $"Failed to list all rules: {e.Message}", "this kernel has no policy routing (CONFIG_IP_MULTIPLE_TABLES)", e);
        }
    }

    /// <summary>
    /// The rules of the addresses that the interface has, or had by the result. Of an interface that is gone, and said no addresses, those that are left of
    /// it: their table is empty and nobody has their address.
    /// </summary>
    private static List<RuleInfo> RulesToGo(DelRequest request, SbrConfig config, RouteSocket pod)
    {
        var rules = pod.Rules().Where(rule => IsOurs(rule, config)).ToList();
        var link = pod.FindLink(request.IfName.Value);
        HashSet<IpAddress> addresses = [.. link?.Addresses().Select(each => each.Address.Address) ?? [], .. PreviousIps(request)];
        if (link is not null || addresses.Count > 0)
            return [.. rules.Where(rule => addresses.Contains(rule.Source!.Value.Address))];
        var held = pod.Links().SelectMany(each => each.Addresses()).Select(each => each.Address.Address).ToHashSet();
        return [.. rules.Where(rule => !held.Contains(rule.Source!.Value.Address) && (config.Table is not null || pod.Routes(rule.Table).Count == 0))];
    }

    /// <summary>A rule such as ADD makes: for one address and nothing else, to the configured table or one that is nobody else's.</summary>
    private static bool IsOurs(RuleInfo rule, SbrConfig config) =>
        rule is { HasMoreConditions: false, Source: { } source } && source.PrefixLength == source.Address.Bits
        && (config.Table is { } table ? rule.Table == table : rule.Table >= SourceRouting.FirstTable && rule.Table is < 253 or > 255);

    /// <summary>The addresses of the interface; one that names no interface, or none that there is, can only be its.</summary>
    private static IReadOnlyList<IpConfig> IpsOf(CniResult result, IfName ifName) =>
    [
        .. result.Ips.Where(ip => ip.Interface is not { } index || index < 0 || index >= result.Interfaces.Count || result.Interfaces[index].Name == ifName.Value),
    ];

    private static IReadOnlyList<IpAddress> PreviousIps(DelRequest request)
    {
        try
        {
            return request.Conf.PreviousResult() is { } previous ? [.. IpsOf(previous, request.IfName).Select(ip => ip.Address.Address)] : [];
        }
        catch (CniException)
        {
            return []; // the interface itself may tell
        }
    }

    private static CniResult RequirePrevious(Request request) =>
        request.Conf.PreviousResult() ?? throw new CniException("This plugin must be called as chained plugin");
}
