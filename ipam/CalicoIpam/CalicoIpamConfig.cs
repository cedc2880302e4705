using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>What a network's configuration says to calico-ipam; names and defaults are Calico's.</summary>
internal sealed class CalicoIpamConfig(OptionReader ipam)
{
    private readonly string _assignV4 = ipam.FlagOrText("assign_ipv4", "Whether the pod gets an IPv4 address.", "true");
    private readonly string _assignV6 = ipam.FlagOrText("assign_ipv6", "Whether the pod gets an IPv6 address.", "false");

    /// <summary>This node's name.</summary>
    public string Node { get; private init; } = "";

    public bool AssignsV4 => _assignV4 != "false";

    public bool AssignsV6 => _assignV6 == "true";

    public IReadOnlyList<string> Pools4 { get; } = ipam.Texts("ipv4_pools", "IPv4 pools by name or network; when absent, all that select the node.");

    public IReadOnlyList<string> Pools6 { get; } = ipam.Texts("ipv6_pools", "IPv6 pools by name or network; when absent, all that select the node.");

    public IReadOnlyList<IpPool> Pools { get; } =
        ipam.List("pools", "Pools that are made on first use.", ReadPool, OptionReader.OnlyHere) ?? [];

    /// <summary>Handed on, as host-local does.</summary>
    public IReadOnlyList<RouteConfig> Routes { get; } = RouteOptions.Read(ipam, OptionReader.OnlyHere);

    public IReadOnlyList<IpAddress> Gateways { get; } = ReadGateways(ipam);

    public bool StatusWhenFull { get; } =
        ipam.Flag("statusWhenFull", "STATUS fails while no pool has a free address.", since: OptionReader.OnlyHere);

    public static CalicoIpamConfig Read(NetConf conf)
    {
        try
        {
            var options = new OptionReader(conf.Root);
            if (!options.Has("ipam"))
                throw new CniException(CniErrorCode.InvalidNetworkConfig, "IPAM config missing 'ipam' key");
            var node = NodeName.Of(options);
            return new CalicoIpamConfig(options.Section("ipam")) { Node = node };
        }
        catch (ConfigException e)
        {
            throw CniException.Because("failed to load netconf", e);
        }
    }

    /// <summary>What its section and the main plugin's object may have, and what is wrong with it without looking at the host.</summary>
    public static void Declare(OptionReader options)
    {
        var config = new CalicoIpamConfig(options.Section("ipam"));
        config.RequireSense(options.Section("ipam"));
        NodeName.Declare(options);
        _ = options.Text("etcd_scheme", "Calico's of old; not used here.");
        _ = options.Text("etcd_authority", "Calico's of old; not used here.");
        _ = options.Section("ipam").Text("subnet", "Calico's for host-local; not used here.");
        _ = HostLock.ReadPath(options);
        _ = LogSettings.Read(options);
        _ = DatastoreChoice.Of(options, new Dictionary<string, string>());
    }

    private void RequireSense(OptionReader ipam)
    {
        foreach (var (key, text) in new[] { ("assign_ipv4", _assignV4), ("assign_ipv6", _assignV6) })
        {
            if (text is not ("" or "true" or "false"))
                ipam.Advise(key, "should be \"true\" or \"false\"");
        }

        for (var i = 0; i < Pools.Count; i++)
            PoolDraft.RequireRoom(Pools[i], [.. Pools.Take(i)], []);
    }

    private static IpPool ReadPool(OptionReader pool)
    {
        var name = pool.Text("name", "The pool's name; when absent, one is made from the network.");
        var cidr = pool.Text("cidr", "The pool's network.");
        var size = pool.IntOrNull("blockSize", "The prefix length of its blocks; when absent, 26, for IPv6 122.");
        var selector = pool.Text("nodeSelector", "Which nodes may have blocks of it.", "all()");
        var isDisabled = pool.Flag("disabled", "No addresses are given out of it.");
        return pool.IsDescribing ? new IpPool(new Metadata(""), default) : PoolDraft.Create(name, cidr, size, selector) with { Disabled = isDisabled };
    }

    private static IReadOnlyList<IpAddress> ReadGateways(OptionReader ipam)
    {
        var gateways = new List<IpAddress>();
        foreach (var text in ipam.TextOrTexts("gateway", "An address, or one of each family, that is kept from pods and named as their gateway; for a bridge.", OptionReader.OnlyHere))
        {
            if (IpAddress.TryParse(text, out var address))
                gateways.Add(address);
            else
                ipam.Refuse("gateway", $"failed to load netconf: gateway: invalid IP address {text}");
        }

        if (gateways.DistinctBy(address => address.IsV6).Count() < gateways.Count)
            ipam.Refuse("gateway", "gateway: more than one address of a family", code: CniErrorCode.InvalidNetworkConfig);
        return gateways;
    }
}
