using CniPlugins.Cni;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Sbr;

/// <summary>What an interface's addresses need so that packets from them leave by it: a rule and a table for each, and the main table without its routes.</summary>
internal sealed class SourceRouting
{
    /// <summary>The first table that addresses get for themselves.</summary>
    public const uint FirstTable = 100;

    private const uint HintMetric6 = 1024; // what the kernel gives an IPv6 route without one (IP6_RT_PRIO_USER)

    private static readonly Cidr LinkLocal6 = Cidr.Parse("fe80::/10");

    private readonly RouteSocket _pod;
    private readonly Link _link;
    private readonly List<RuleSpec> _rules = [];
    private readonly List<(RouteSpec Route, string Failure)> _routes = [];
    private readonly List<RouteSpec> _hints = [];
    private readonly List<RouteInfo> _own = [];
    private readonly List<RouteInfo> _leaving = [];

    private SourceRouting(RouteSocket pod, Link link)
    {
        _pod = pod;
        _link = link;
    }

    /// <summary>Rules alone: the table is filled already.</summary>
    public static SourceRouting InTable(RouteSocket pod, Link link, IEnumerable<IpConfig> ips, uint table)
    {
        var plan = new SourceRouting(pod, link);
        plan._rules.AddRange(ips.Select(ip => new RuleSpec(Cidr.Host(ip.Address.Address), table)));
        return plan;
    }

    /// <summary>A table for each address, with a default route and those of the interface's routes that are its own or nobody's in particular.</summary>
    public static SourceRouting InTablesOfTheirOwn(RouteSocket pod, Link link, IReadOnlyList<IpConfig> ips, SbrConfig config)
    {
        var plan = new SourceRouting(pod, link);
        var all = pod.Routes(table: null);
        var taken = all.Select(route => route.Table).Concat(pod.Rules().Select(rule => rule.Table)).ToHashSet();
        plan._own.AddRange(all.Where(route => route.Table == RouteSpec.MainTable && route.LinkIndex == link.Index && !route.IsOneOfSeveral));
        foreach (var ip in ips)
        {
            var table = FirstTable;
            while (!taken.Add(table))
                table++;
            plan._rules.Add(new RuleSpec(Cidr.Host(ip.Address.Address), table));
            plan.Fill(table, ip, config.GatewayFor(ip), ips);
            if (config.AddSourceHints)
                plan._hints.Add(new RouteSpec(ip.Address.Network) { Scope = RouteSpec.LinkScope, PreferredSource = ip.Address.Address });
        }

        plan._leaving.AddRange(plan._own.Where(route => plan.Leaves(route, ips)));
        return plan;
    }

    /// <summary>
    /// ip route replace … table N; ip rule add from ADDRESS lookup N; ip route del … of the main table, in this order: at no moment is there a packet without
    /// a way.
    /// </summary>
    public void Apply(string ruleFailure)
    {
        var batch = _pod.Batch();
        foreach (var (route, failure) in _routes)
            batch.ReplaceRoute(_link, route, failure);
        foreach (var rule in _rules)
            batch.AddRule(rule, ruleFailure);
        foreach (var hint in _hints)
            batch.ReplaceRoute(_link, hint, "Failed to add route with source hint");
        batch.Commit();
        foreach (var route in _leaving)
            _link.DeleteRoute(route.AsSpec());
    }

    /// <summary>Everything as it was, as far as it was made.</summary>
    public void TakeBack()
    {
        foreach (var rule in _rules)
            _pod.DeleteRule(rule);
        foreach (var (route, _) in _routes)
            _link.DeleteRoute(route);
        foreach (var hint in _hints)
            _link.DeleteRoute(hint);
        var batch = _pod.Batch();
        foreach (var route in _own.OrderBy(route => route.Gateway is not null))
            batch.ReplaceRoute(_link, route.AsSpec());
        batch.Commit();
    }

    private void Fill(uint table, IpConfig ip, IpAddress? gateway, IReadOnlyList<IpConfig> ips)
    {
        var isV6 = ip.Address.Address.IsV6;
        foreach (var route in _own.Where(route => route.Gateway is null && IsFor(route, ip, ips)))
            Copy(route);
        if (gateway is { } hop)
        {
            var everything = new Cidr(isV6 ? IpAddress.V6(0) : IpAddress.V4(0), 0);
            _routes.Add((new RouteSpec(everything) { Gateway = hop, Table = table }, $"Failed to add default route to {hop}"));
        }

        foreach (var route in _own.Where(route => route.Gateway is not null && IsFor(route, ip, ips)))
            Copy(route);

        void Copy(RouteInfo route) => _routes.Add((route.AsSpec() with { Table = table }, "Failed to readd route"));
    }

    /// <summary>Whether a route belongs to an address: by its source or gateway, which are in the address's subnet, or because they are in nobody's.</summary>
    private static bool IsFor(RouteInfo route, IpConfig ip, IReadOnlyList<IpConfig> ips)
    {
        return route.Destination.Address.IsV6 == ip.Address.Address.IsV6 && (IsIn(ip) || !ips.Any(IsIn));

        bool IsIn(IpConfig each) => (route.PreferredSource is { } source && each.Address.Contains(source))
            || (route.Gateway is { } gateway && each.Address.Contains(gateway));
    }

    /// <summary>
    /// Whether a route leaves the main table: it is in an address's own now. That to IPv6 neighbours by their link-local addresses stays, for no rule matches
    /// those; and with hints those to the subnets, unless the hint replaces them beside them.
    /// </summary>
    private bool Leaves(RouteInfo route, IReadOnlyList<IpConfig> ips) =>
        ips.Any(ip => ip.Address.Address.IsV6 == route.Destination.Address.IsV6)
        && !LinkLocal6.Contains(route.Destination.Address)
        && (_hints.Count == 0 || (route.Scope != RouteSpec.LinkScope && !(route.Gateway is null && route.Priority == HintMetric6)));
}
