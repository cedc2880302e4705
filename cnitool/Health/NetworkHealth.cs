using System.Globalization;
using CniPlugins.Cni;
using CniPlugins.Cnitool.Addresses;
using CniPlugins.Cnitool.Topology;
using CniPlugins.Cnitool.Validation;
using CniPlugins.Ipam.HostLocal;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool.Health;

/// <summary>What the configurations promise, and whether host and plugins can keep it.</summary>
internal sealed class NetworkHealth(ToolSettings settings, HostTopology topology)
{
    private const double NearlyFull = 0.9;

    /// <summary>Every file of the directory: what cannot be read, validated, or served; then what two networks both want.</summary>
    /// <param name="only">The one network to look at; null for all.</param>
    public IEnumerable<Diagnosis> Examine(string? only)
    {
        var files = new ConfigDirectory(settings.ConfigPath).Entries();
        if (files.Count == 0)
        {
            yield return new Diagnosis(
                Severity.Error, "networks", $"there is no configuration in {settings.ConfigPath}", "copy one there, or set NETCONFPATH");
        }

        foreach (var file in files.Where(file => file.List is null && only is null))
            yield return new Diagnosis(Severity.Error, $"file {file.Path}", file.Problem, "the runtime cannot read it either: mend it or move it away");
        var networks = files.Where(file => file.List is not null && (only is null || file.List.Name == only)).ToList();
        if (only is not null && networks.Count == 0)
            throw new CniException($"no net configuration with name \"{only}\" in {settings.ConfigPath}");
        foreach (var diagnosis in networks.SelectMany(file => Examine(file.Path, file.List!)).Concat(Overlaps(networks.Select(file => file.List!))))
            yield return diagnosis;
    }

    private IEnumerable<Diagnosis> Examine(string path, NetworkList list)
    {
        var subject = $"network {list.Name}";
        var errors = new FileValidator(settings.PluginPath).Validate(path).Where(finding => finding.IsError).ToList();
        foreach (var error in errors)
            yield return new Diagnosis(Severity.Error, subject, $"{error.Path}: {error.Message}", $"cnitool validate {path}");
        var problems = errors.Count > 0 ? [] : list.Plugins.SelectMany(plugin => Ask(list, plugin)).Concat(Stocks(list)).Concat(Mtu(list)).ToList();
        foreach (var problem in problems)
            yield return problem;
        if (errors.Count == 0 && problems.Count == 0)
        {
            yield return new Diagnosis(
                Severity.Ok, subject, $"{string.Join(" > ", list.Plugins.Select(plugin => plugin.Type))}: ready");
        }
    }

    /// <summary>STATUS, also in a network of an older version, of plugins that know the verb: they try what they need of the kernel.</summary>
    private IEnumerable<Diagnosis> Ask(NetworkList list, PluginConfig plugin)
    {
        CniException? failure = null;
        try
        {
            if (list.Version >= CniVersion.V110 || settings.Plugins.Knows(plugin.Type, CniVersion.V110))
            {
                new NetworkRuntime(settings.Plugins, new ResultCache())
                    .Status(list with { Plugins = [plugin], VersionText = CniVersion.V110.Text });
            }
        }
        catch (Exception e) when (e is CniException or LibcException or TimeoutException)
        {
            failure = CniException.From(e);
        }

        if (failure is not null)
            yield return new Diagnosis(Severity.Error, $"network {list.Name}", failure.Message, failure.Details);
    }

    private static IEnumerable<Diagnosis> Stocks(NetworkList list)
    {
        foreach (var plugin in list.Plugins.Where(plugin => Ranges(list, plugin) is not null))
        {
            using var state = HostLocalState.Of(list, plugin);
            foreach (var stock in state.Stocks(parts: false).Where(stock => stock.Share >= NearlyFull))
            {
                yield return new Diagnosis(
                    stock.Used >= stock.Total ? Severity.Error : Severity.Warning,
                    $"network {list.Name}",
                    string.Create(CultureInfo.InvariantCulture, $"{stock.Used} of {stock.Total} addresses of {stock.Range} are taken"),
                    $"cnitool gc {list.Name} --dry-run shows what dead pods hold; else a larger range");
            }
        }
    }

    /// <summary>A packet of the pod's that the uplink cannot carry is lost where ICMP is filtered.</summary>
    private IEnumerable<Diagnosis> Mtu(NetworkList list)
    {
        if (topology.Uplinks.Where(uplink => uplink.Mtu > 0).MinBy(uplink => uplink.Mtu) is not { } narrowest)
            yield break;
        foreach (var plugin in list.Plugins)
        {
            if (ConfigObject.From(plugin.Element, plugin.Type)?.Long("mtu") is { } mtu && mtu > narrowest.Mtu)
            {
                yield return new Diagnosis(
                    Severity.Warning, $"network {list.Name}", $"mtu {mtu} of {plugin.Type} is more than the {narrowest.Mtu} of the uplink {narrowest.Name}",
                    $"\"mtu\": {narrowest.Mtu}");
            }
        }
    }

    /// <summary>Two networks with one address range, or one that has an address of the host's uplink in it: packets go astray.</summary>
    private IEnumerable<Diagnosis> Overlaps(IEnumerable<NetworkList> lists)
    {
        var subnets = lists.SelectMany(list => list.Plugins.SelectMany(plugin => (Ranges(list, plugin) ?? []).Select(subnet => (list.Name, Subnet: subnet)))).Distinct().ToList();
        foreach (var (index, one) in subnets.Index())
        {
            foreach (var other in subnets.Skip(index + 1).Where(other => other.Name != one.Name && (one.Subnet.Contains(other.Subnet.First) || other.Subnet.Contains(one.Subnet.First))))
            {
                yield return new Diagnosis(
                    Severity.Warning, $"network {one.Name}", $"its subnet {one.Subnet} overlaps {other.Subnet} of network {other.Name}", "give each network a range of its own");
            }

            foreach (var uplink in topology.Uplinks.Where(uplink => topology.Bridges.All(bridge => bridge.Name != uplink.Name)))
            {
                foreach (var address in uplink.Addresses.Where(address => one.Subnet.Contains(address.Address)))
                {
                    yield return new Diagnosis(
                        Severity.Error, $"network {one.Name}", $"its subnet {one.Subnet} has the host's own address {address} on {uplink.Name} in it",
                        "another subnet, or macvlan, ipvlan or a bridge over that device for pods of that network");
                }
            }
        }
    }

    /// <summary>The subnets that host-local gives addresses of; null where another plugin does, or none.</summary>
    private static IReadOnlyList<Cidr>? Ranges(NetworkList list, PluginConfig plugin)
    {
        try
        {
            var conf = NetConf.Parse(PluginRequest.ForStatus(list, plugin));
            if (conf.IpamType != "host-local")
                return null;
            var request = new StatusRequest(conf, new CniEnvironment(new Dictionary<string, string>()), new PluginHost(_ => null, ""));
            return [.. HostLocalConfig.Read(request).RangeSets.SelectMany(set => set.Ranges).Select(range => range.Subnet.Network)];
        }
        catch (Exception e) when (e is ConfigException or CniException)
        {
            return null; // validation has said it
        }
    }
}
