using System.CommandLine;
using CniPlugins.Cni;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool.Addresses;

/// <summary>How a command line names the state it is about: a network of NETCONFPATH, or where the state is.</summary>
internal sealed class StateOptions(ToolSettings settings)
{
    private static readonly string[] Known = ["host-local"];

    private readonly Option<string?> _dataDirectory = new("--data-dir")
    {
        Description = "host-local: the directory of all networks' reservations (default: what the network's configuration says)",
        HelpName = "DIR",
    };

    private readonly Option<string> _cacheDirectory = new("--cache-dir") { Hidden = true, DefaultValueFactory = _ => ResultCache.DefaultDirectory };

    public void AddTo(Command command)
    {
        command.Options.Add(_dataDirectory);
        command.Options.Add(_cacheDirectory);
    }

    /// <summary>Whether the command line says itself where the state is, so that no word of it can be a network's name.</summary>
    public bool SaysWhere(ParseResult parsed) => parsed.GetValue(_dataDirectory) is not null;

    public string CacheDirectory(ParseResult parsed) => parsed.GetValue(_cacheDirectory)!;

    /// <summary>The state of a network; throws when its addresses come from elsewhere.</summary>
    public NamedState Open(ParseResult parsed, string network)
    {
        if (parsed.GetValue(_dataDirectory) is { } directory)
            return new NamedState(network, HostLocalState.In(directory, network));
        var list = new ConfigDirectory(settings.ConfigPath).Find(network);
        return Find(list) ?? throw new CniException(
            $"network {network} has its addresses from none of {string.Join(", ", Known)}", $"its plugins: {string.Join(" > ", list.Plugins.Select(plugin => plugin.Type))}");
    }

    /// <summary>The state of the network that was named, or of the place; else of every network of NETCONFPATH that has one.</summary>
    public IReadOnlyList<NamedState> OpenNamedOrAll(ParseResult parsed, string? network) =>
        network is not null || SaysWhere(parsed) ? [Open(parsed, network ?? "")] : OpenAll();

    private IReadOnlyList<NamedState> OpenAll()
    {
        var networks = new ConfigDirectory(settings.ConfigPath).Entries().Select(entry => entry.List).OfType<NetworkList>().DistinctBy(list => list.Name);
        IReadOnlyList<NamedState> states = [.. networks.Select(Find).OfType<NamedState>()];
        return states.Count > 0 ? states : throw new CniException($"no network in {settings.ConfigPath} has its addresses from {string.Join(" or ", Known)}");
    }

    private static NamedState? Find(NetworkList list)
    {
        foreach (var plugin in list.Plugins)
        {
            if (IpamType(plugin) == "host-local")
                return new NamedState(list.Name, HostLocalState.Of(list, plugin));
        }

        return null;
    }

    private static string IpamType(PluginConfig plugin) => ConfigObject.From(plugin.Element, plugin.Type)?.Object("ipam")?.String("type") ?? "";
}

/// <summary>A network's name, empty where only a datastore was named, and its addresses.</summary>
internal sealed record NamedState(string Network, IAddressState State) : IDisposable
{
    public string Title => Network.Length == 0 ? State.Description : $"{Network}: {State.Description}";

    public void Dispose() => State.Dispose();
}
