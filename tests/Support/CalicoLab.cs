using System.Text;
using System.Text.Json.Nodes;
using CniPlugins.Cni;
using CniPlugins.Cnitool;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Datastores.Etcd;
using CniPlugins.Ipam.Blocks.Datastores.Local;
using CniPlugins.Ipam.CalicoIpam;
using CniPlugins.Tests.Unit;

namespace CniPlugins.Tests.Support;

/// <summary>A network called n whose addresses come from calico-ipam, on files or on an etcd of its own; called as a runtime and as a person would.</summary>
internal sealed class CalicoLab : IDisposable
{
    private readonly EtcdServer? _etcd;
    private readonly IDatastore _store;

    /// <param name="datastore">local or etcdv3</param>
    public CalicoLab(string datastore = "local")
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("calico-ipam-").FullName;
        if (datastore == "etcdv3")
            _etcd = new EtcdServer().Ready();
        _store = _etcd is null ? new LocalDatastore(DataDirectory) : new EtcdDatastore(_etcd.Settings);
    }

    public string Directory { get; }

    public string DataDirectory => Path.Combine(Directory, "store");

    public string CacheDirectory => Path.Combine(Directory, "cache");

    public EtcdServer Etcd => _etcd ?? throw new InvalidOperationException("on files");

    public IDatastore Store => _store;

    /// <summary>What one look into the store may take.</summary>
    public static Deadline Soon => Deadline.After(TimeSpan.FromSeconds(20));

    public string Node { get; set; } = "node1";

    public string Network { get; set; } = "n";

    /// <summary>The rest of the ipam section.</summary>
    public string Ipam { get; set; } = """ "pools":[{"name":"a","cidr":"10.1.0.0/24","blockSize":28}] """;

    /// <summary>Further members of the main plugin's object, with a comma at the end.</summary>
    public string More { get; set; } = "";

    public string Version { get; set; } = "1.1.0";

    public string Args { get; set; } = "";

    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>The main plugin's object, as a runtime gives it to the address plugin.</summary>
    public string Config =>
        $$$"""
        {"cniVersion":"{{{Version}}}","name":"{{{Network}}}","type":"ptp",{{{More}}}"nodename":"{{{Node}}}","ipam_lock_file":"{{{Directory}}}/ipam.lock",{{{Where}}}
         "ipam":{"type":"calico-ipam","dataDir":"{{{DataDirectory}}}"{{{(Ipam.Trim().Length == 0 ? "" : ",")}}}{{{Ipam}}}}}
        """;

    private string Where => _etcd is null ? "\"datastore_type\":\"local\"," : $"\"etcd_endpoints\":\"{_etcd.Url}\",";

    public LabAnswer Call(string verb, string container = "c1", string? config = null)
    {
        using var stdin = new MemoryStream(Encoding.UTF8.GetBytes(config ?? Config));
        using var stdout = new MemoryStream();
        using var stderr = new MemoryStream();
        var host = new PluginHost(name => name == "calico-ipam" ? new CalicoIpamPlugin() : null, "version unknown");
        var variables = new Dictionary<string, string>(Environment)
        {
            ["CNI_COMMAND"] = verb,
            ["CNI_CONTAINERID"] = container,
            ["CNI_IFNAME"] = "eth0",
            ["CNI_NETNS"] = "/run/netns/none-such",
            ["CNI_PATH"] = "/opt/cni/bin",
            ["CNI_ARGS"] = Args,
        };
        var code = host.Run("calico-ipam", new CniEnvironment(variables), stdin, stdout, stderr);
        return new LabAnswer(code, Encoding.UTF8.GetString(stdout.ToArray()));
    }

    /// <summary>ADD that has to succeed; its addresses without prefix, separated by blanks.</summary>
    public string Add(string container = "c1") => Call("ADD", container).Addresses;

    public void Del(string container = "c1") => Call("DEL", container).ShouldSucceed();

    /// <summary>CHECK with an earlier ADD's answer as the previous result.</summary>
    public LabAnswer Check(string container, LabAnswer added)
    {
        var config = JsonNode.Parse(Config)!.AsObject();
        config["prevResult"] = JsonNode.Parse(added.Output);
        return Call("CHECK", container, config.ToJsonString());
    }

    public LabAnswer Gc(params string[] containers)
    {
        var config = JsonNode.Parse(Config)!.AsObject();
        config["cni.dev/valid-attachments"] = new JsonArray([.. containers.Select(id => new JsonObject { ["containerID"] = id, ["ifname"] = "eth0" })]);
        return Call("GC", "", config.ToJsonString());
    }

    /// <summary>Every address that is taken, with its handle, in order.</summary>
    public string Held => string.Join(' ', new Cnitool.Addresses.BlockState(_store, "", "", Node).Holdings().Select(holding => $"{holding.Address}={holding.Owner}"));

    /// <summary>cnitool with this lab's network in NETCONFPATH.</summary>
    public (int ExitCode, string Output, string Error) Tool(params string[] arguments)
    {
        var networks = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "net.d")).FullName;
        File.WriteAllText(Path.Combine(networks, "10.conflist"), $$"""{"cniVersion":"{{Version}}","name":"{{Network}}","plugins":[{{Config}}]}""");
        return Tool(networks, CacheDirectory, arguments);
    }

    /// <summary>cnitool in this process.</summary>
    public static (int ExitCode, string Output, string Error) Tool(string networks, string cache, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = new CommandLine(new Dictionary<string, string> { ["NETCONFPATH"] = networks }, output, error).Run([.. arguments, "--cache-dir", cache]);
        return (exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Makes the runtime of this node remember a container with these addresses.</summary>
    public void Remember(string container, params string[] addresses) => Remember(CacheDirectory, Network, container, addresses);

    public static void Remember(string cache, string network, string container, params string[] addresses)
    {
        var ips = string.Join(',', addresses.Select(address => $"{{\"address\":\"{address}/24\"}}"));
        var result = $$$"""{"cniVersion":"1.0.0","ips":[{{{ips}}}],"dns":{}}""";
        var directory = System.IO.Directory.CreateDirectory(Path.Combine(cache, "results")).FullName;
        File.WriteAllText(
            Path.Combine(directory, $"{network}-{container}-eth0"),
            $$$"""{"kind":"cniCacheV1","containerId":"{{{container}}}","config":"","ifName":"eth0","networkName":"{{{network}}}","result":{{{result}}}}""");
    }

    public void Dispose()
    {
        (_store as IDisposable)?.Dispose();
        _etcd?.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
