using System.CommandLine;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Ipam.CalicoIpam;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool.Addresses;

/// <summary>How a command line names the state it is about: a network of NETCONFPATH, or where the state is.</summary>
internal sealed class StateOptions(ToolSettings settings)
{
    private const string HostLocal = "host-local";
    private const string Calico = "calico-ipam";

    private readonly Option<string?> _dataDirectory = new("--data-dir")
    {
        Description = "host-local: the directory of all networks' reservations (default: what the network's configuration says)",
        HelpName = "DIR",
    };

    private readonly Option<string> _cacheDirectory = new("--cache-dir") { Hidden = true, DefaultValueFactory = _ => ResultCache.DefaultDirectory };

    private readonly Option<string?> _datastore = new("--datastore") { Description = "calico-ipam: local or etcdv3 (default: what the network's configuration says)", HelpName = "TYPE" };
    private readonly Option<string?> _directory = new("--datastore-dir") { Description = "calico-ipam: the local datastore's directory", HelpName = "DIR" };
    private readonly Option<string?> _endpoints = new("--etcd-endpoints") { Description = "calico-ipam: etcd's URLs, separated by commas", HelpName = "URLS" };
    private readonly Option<string?> _ca = new("--etcd-ca-cert-file") { Description = "calico-ipam: whom to trust at etcd", HelpName = "FILE" };
    private readonly Option<string?> _certificate = new("--etcd-cert-file") { Description = "calico-ipam: who we are to etcd", HelpName = "FILE" };
    private readonly Option<string?> _key = new("--etcd-key-file") { Description = "calico-ipam: the key of that", HelpName = "FILE" };
    private readonly Option<string?> _node = new("--node") { Description = "calico-ipam: this node's name (default: as the plugin finds it)", HelpName = "NAME" };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _datastore, _directory, _endpoints, _ca, _certificate, _key, _node })
            command.Options.Add(option);
        command.Options.Add(_dataDirectory);
        command.Options.Add(_cacheDirectory);
    }

    /// <summary>Whether the command line says itself where the state is, so that no word of it can be a network's name.</summary>
    public bool SaysWhere(ParseResult parsed) => SaysWhichDatastore(parsed) || parsed.GetValue(_dataDirectory) is not null;

    public string CacheDirectory(ParseResult parsed) => parsed.GetValue(_cacheDirectory)!;

    /// <summary>The state of a network; throws when its addresses come from elsewhere.</summary>
    public NamedState Open(ParseResult parsed, string network)
    {
        if (parsed.GetValue(_dataDirectory) is { } directory)
        {
            return network.Length > 0 ? new NamedState(network, HostLocalState.In(directory, network))
                : throw new CniException("--data-dir: of which network?", "its name is a directory there");
        }

        if (SaysWhichDatastore(parsed))
            return new NamedState(network, Blocks(Written(parsed), network));
        var list = new ConfigDirectory(settings.ConfigPath).Find(network);
        return Find(parsed, list) ?? throw new CniException(
            $"network {network} has its addresses neither from {HostLocal} nor from {Calico}", $"its plugins: {string.Join(" > ", list.Plugins.Select(plugin => plugin.Type))}");
    }

    /// <summary>The datastore of a network, or the one that options name.</summary>
    public BlockState OpenBlocks(ParseResult parsed, string? network)
    {
        if (network is null && !SaysWhichDatastore(parsed))
            throw new CniException("which network?", "name one of NETCONFPATH whose addresses come from calico-ipam, or the datastore: --datastore, --etcd-endpoints");
        return Open(parsed, network ?? "").State as BlockState ?? throw new CniException($"network {network} has no pools: its addresses come from {HostLocal}");
    }

    /// <summary>The same for a command about one thing in it: two words are the network and the thing, one is the thing, and options say where.</summary>
    public (BlockState State, string Thing) OpenBlocks(ParseResult parsed, string[] words, string thing) => words.Length == 2 || SaysWhere(parsed)
        ? (OpenBlocks(parsed, words.Length == 2 ? words[0] : null), words[^1])
        : throw new CniException($"which network, and which {thing}?", $"NETWORK comes before the {thing}; cnitool list shows the networks");

    /// <summary>The state of the network that was named, or of the place; else of every network of NETCONFPATH that has one.</summary>
    public IReadOnlyList<NamedState> OpenNamedOrAll(ParseResult parsed, string? network) =>
        network is not null || SaysWhere(parsed) ? [Open(parsed, network ?? "")] : OpenAll(parsed);

    /// <summary>The state of every network that has one; a network whose state cannot be opened is told of, and hides no other.</summary>
    public IEnumerable<NamedState> OpenEach(ParseResult parsed, Action<string, Exception> failed)
    {
        foreach (var list in new ConfigDirectory(settings.ConfigPath).Entries().Select(entry => entry.List).OfType<NetworkList>().DistinctBy(list => list.Name))
        {
            NamedState? state = null;
            try
            {
                state = Find(parsed, list);
            }
            catch (Exception e) when (e is CniException or ConfigException or ICodedException)
            {
                failed(list.Name, e);
            }

            if (state is not null)
                yield return state;
        }
    }

    private IReadOnlyList<NamedState> OpenAll(ParseResult parsed)
    {
        var networks = new ConfigDirectory(settings.ConfigPath).Entries().Select(entry => entry.List).OfType<NetworkList>().DistinctBy(list => list.Name);
        IReadOnlyList<NamedState> states = [.. networks.Select(list => Find(parsed, list)).OfType<NamedState>()];
        return states.Count > 0 ? states : throw new CniException($"no network in {settings.ConfigPath} has its addresses from {HostLocal} or {Calico}");
    }

    private NamedState? Find(ParseResult parsed, NetworkList list)
    {
        foreach (var plugin in list.Plugins)
        {
            switch (IpamType(plugin))
            {
                case HostLocal:
                    return new NamedState(list.Name, HostLocalState.Of(list, plugin));
                case Calico:
                    var root = ConfigObject.Parse(PluginRequest.ForStatus(list, plugin));
                    return new NamedState(list.Name, Blocks(root, list.Name, parsed.GetValue(_node)));
            }
        }

        return null;
    }

    private bool SaysWhichDatastore(ParseResult parsed) =>
        parsed.GetValue(_datastore) is not null || parsed.GetValue(_directory) is not null || parsed.GetValue(_endpoints) is not null;

    private BlockState Blocks(ConfigObject root, string network, string? node = null)
    {
        var options = new OptionReader(root);
        var choice = DatastoreChoice.Of(options, settings.Environment);
        return new BlockState(choice.Open(), $"{Calico} with {choice}", network, node ?? NodeName.Of(options));
    }

    /// <summary>The options as a configuration would say them.</summary>
    private ConfigObject Written(ParseResult parsed) => ConfigObject.Parse(JsonText.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("datastore_type", parsed.GetValue(_datastore) ?? (parsed.GetValue(_endpoints) is null ? DatastoreChoice.Local : DatastoreChoice.Etcd));
        json.WriteUnlessEmpty("etcd_endpoints", parsed.GetValue(_endpoints) ?? "");
        json.WriteUnlessEmpty("etcd_ca_cert_file", parsed.GetValue(_ca) ?? "");
        json.WriteUnlessEmpty("etcd_cert_file", parsed.GetValue(_certificate) ?? "");
        json.WriteUnlessEmpty("etcd_key_file", parsed.GetValue(_key) ?? "");
        json.WriteUnlessEmpty("nodename", parsed.GetValue(_node) ?? "");
        json.WriteStartObject("ipam");
        json.WriteUnlessEmpty("dataDir", parsed.GetValue(_directory) ?? "");
        json.WriteEndObject();
        json.WriteEndObject();
    }));

    private static string IpamType(PluginConfig plugin) => ConfigObject.From(plugin.Element, plugin.Type)?.Object("ipam")?.String("type") ?? "";
}

/// <summary>A network's name, empty where only a datastore was named, and its addresses.</summary>
internal sealed record NamedState(string Network, IAddressState State) : IDisposable
{
    public string Title => Network.Length == 0 ? State.Description : $"{Network}: {State.Description}";

    public void Dispose() => State.Dispose();
}
