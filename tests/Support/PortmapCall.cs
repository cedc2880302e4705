using System.Text.Json.Nodes;

namespace CniPlugins.Tests.Support;

/// <summary>portmap alone on a host with a bridge, behind a result of the test's own: no pod needs to be there for its elements.</summary>
internal sealed class PortmapCall
{
    public const string Tcp8080 = """[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]""";

    private readonly Sandbox _host;
    private readonly CniCall _cni;

    public PortmapCall(Sandbox host)
    {
        _host = host;
        _cni = new CniCall(host);
        Assert.SkipUnless(Tool.Exists("nft"), "there is no nft");
        host.AddBridge();
        host.Ip("addr add 10.1.0.1/24 dev br0");
    }

    /// <summary>A configuration with a previous result: both families unless said otherwise; <paramref name="more"/> is the rest of its members.</summary>
    public static string Conf(string ports = Tcp8080, string more = "", string addresses = "10.1.0.2/24 fd00:1::2/64", string network = "n1", string version = "1.1.0")
    {
        var ips = string.Join(',', addresses.Split(' ').Select(address => $$"""{"address":"{{address}}","interface":0}"""));
        var result = $"{{\"cniVersion\":\"{version}\",\"interfaces\":[{{\"name\":\"eth0\",\"sandbox\":\"/run/netns/x\"}}],\"ips\":[{ips}]}}";
        return $"{Without(ports, more, network, version)[..^1]},\"prevResult\":{result}}}";
    }

    /// <summary>A configuration without a previous result; null for one that does not even mention ports.</summary>
    public static string Without(string? ports, string more = "", string network = "n1", string version = "1.1.0")
    {
        var options = more.Length > 0 ? $",{more}" : "";
        var runtime = ports is null ? "" : $",\"runtimeConfig\":{{\"portMappings\":{ports}}}";
        return $"{{\"cniVersion\":\"{version}\",\"name\":\"{network}\",\"type\":\"portmap\"{options}{runtime}}}";
    }

    public void Add(string conf, string id, string pod)
    {
        Inhabit(conf, pod);
        _cni.Add(conf, id, pod);
    }

    /// <summary>Gives a pod the addresses that the previous result promises, or it would be taken for another one.</summary>
    public static void Inhabit(string conf, string pod)
    {
        foreach (var ip in JsonNode.Parse(conf)!["prevResult"]?["ips"]?.AsArray() ?? [])
            Sandbox.PodIp(pod, $"addr replace {ip!["address"]} dev lo");
    }

    public void Del(string conf, string id, string pod = "") => _cni.Del(conf, id, pod);

    public void Gc(string conf, params (string Id, string IfName)[] valid) => _cni.Gc(conf, valid);

    public ToolResult Run(string verb, string conf, string id = "c1", string? pod = null) =>
        _cni.Run(verb, conf, verb is "GC" or "STATUS" ? "" : id, verb is "GC" or "STATUS" ? "" : pod ?? "/run/netns/x");

    /// <summary>Every element as <c>SET: KEY [: DATA] of CONTAINER</c>, sorted.</summary>
    public string[] Elements()
    {
        var list = JsonNode.Parse(_host.InHost("nft", "-j", "list", "ruleset"))!["nftables"]!.AsArray();
        var lines = new List<string>();
        foreach (var set in list.Select(item => item!["set"] ?? item!["map"]).OfType<JsonObject>())
        {
            foreach (var item in set["elem"]?.AsArray() ?? [])
            {
                var (key, data) = set.ContainsKey("map") ? (item!.AsArray()[0]!, item.AsArray()[1]) : (item!, null);
                var owner = key["elem"]!["comment"]!.GetValue<string>();
                lines.Add($"{set["name"]}: {Text(key["elem"]!["val"]!)}{(data is null ? "" : $" : {Text(data)}")} of {owner[(owner.LastIndexOf(' ') + 1)..]}");
            }
        }

        return [.. lines.Order(StringComparer.Ordinal)];
    }

    public string Nft(params string[] arguments) => _host.InHost("nft", arguments);

    private static string Text(JsonNode value) =>
        value is JsonObject concatenation ? string.Join(" . ", concatenation["concat"]!.AsArray().Select(part => part!.ToString())) : value.ToString();
}
