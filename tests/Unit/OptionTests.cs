using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Cnitool.Validation;

namespace CniPlugins.Tests.Unit;

/// <summary>What a plugin refuses, validate reports, and the reverse: for every option that is declared, and values of every kind.</summary>
public sealed class OptionTests
{
    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "1", "-1", "4095", "70000", "1.5", "99999999999",
        "\"\"", "\"x\"", "\"true\"", "\"10.1.0.0/24\"", "\"10.1.0.5\"", "\"fd00::1\"", "\"a%d\"", "\"02:00:00:00:00:01\"", "\"nftables\"", "\"isolated\"",
        "[]", "[1]", "[\"x\"]", "[[]]", "[{}]", "[[{}]]", "{}", "{\"x\":1}", "{\"x\":\"1\"}",
    ];

    public static TheoryData<string> Plugins => [.. KnownPlugins.Names];

    [Theory]
    [MemberData(nameof(Plugins))]
    public void Every_option_has_a_sentence_and_stands_once(string name)
    {
        var options = Survey.Describe(KnownPlugins.Find(name)!.Declare);
        Assert.All(options, option => Assert.True(option.About is [>= 'A' and <= 'Z' or '`', .., '.'], $"{option.Name}: \"{option.About}\""));
        Assert.Equal(options.Count, options.Select(option => option.Name.ToLowerInvariant()).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Plugins))]
    public void The_plugin_refuses_what_validate_calls_an_error_and_nothing_else(string name)
    {
        var plugin = KnownPlugins.Find(name)!;
        foreach (var option in Survey.Describe(plugin.Declare))
        {
            foreach (var value in Values)
            {
                var json = With(Base(name), option, value);
                var (found, thrown) = (Errors(plugin, json), Refusal(plugin, json));
                Assert.True(found.Count > 0 == thrown is not null, $"{json}\nvalidate: {string.Join(", ", found)}\nplugin: {thrown}");
                var isSame = thrown is null || thrown.Contains("json: ", StringComparison.Ordinal) || found.Any(error => SameWords(thrown, error));
                Assert.True(isSame, $"{json}\nvalidate: {string.Join(", ", found)}\nplugin: {thrown}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Plugins))]
    public void DEL_and_GC_read_whatever_is_there(string name)
    {
        var plugin = KnownPlugins.Find(name)!;
        foreach (var option in Survey.Describe(plugin.Declare))
        {
            foreach (var value in Values)
            {
                var conf = NetConf.Parse(Encoding.UTF8.GetBytes(With(Base(name), option, value)));
                if (plugin.Role is not PluginRole.Ipam) // those read for DEL only where their state is
                    plugin.Declare(OptionReader.Of(new GcRequest(conf, new CniEnvironment(new Dictionary<string, string>()), Host, [])));
            }
        }
    }

    private static PluginHost Host => new(_ => null, "version unknown");

    private static string Base(string name) => name switch
    {
        "host-local" => """{"cniVersion":"1.1.0","name":"n","type":"bridge","ipam":{"type":"host-local","ranges":[[{"subnet":"10.9.0.0/24"}]]}}""",
        "static" => """{"cniVersion":"1.1.0","name":"n","type":"bridge","ipam":{"type":"static","addresses":[{"address":"10.1.0.2/24"}]}}""",
        "calico-ipam" => """{"cniVersion":"1.1.0","name":"n","type":"bridge","nodename":"n1","ipam":{"type":"calico-ipam"}}""",
        "calico" => """{"cniVersion":"1.1.0","name":"n","type":"calico","nodename":"n1","ipam":{"type":"calico-ipam"}}""",
        "ptp" => """{"cniVersion":"1.1.0","name":"n","type":"ptp","ipam":{"type":"host-local"}}""",
        "vlan" => """{"cniVersion":"1.1.0","name":"n","type":"vlan","master":"eth0","ipam":{"type":"host-local"}}""",
        "dummy" => """{"cniVersion":"1.1.0","name":"n","type":"dummy","ipam":{"type":"host-local"}}""",
        "vrf" => """{"cniVersion":"1.1.0","name":"n","type":"vrf","vrfname":"blue"}""",
        "host-device" => """{"cniVersion":"1.1.0","name":"n","type":"host-device","device":"eth7"}""",
        _ => $$"""{"cniVersion":"1.1.0","name":"n","type":"{{name}}"}""",
    };

    /// <summary>The configuration with an option, in the object that it belongs to.</summary>
    private static string With(string json, DeclaredOption option, string value)
    {
        var root = JsonNode.Parse(json)!.AsObject();
        var holder = root;
        foreach (var part in option.Path.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            var lists = part.Count(c => c == '[');
            var key = part.Replace("[]", "", StringComparison.Ordinal);
            var child = lists == 0 ? holder[key] as JsonObject ?? [] : [];
            if (lists > 0 || holder[key] is null)
                holder[key] = lists == 0 ? child : lists == 1 ? new JsonArray(child) : new JsonArray(new JsonArray(child));
            holder = child;
        }

        holder[option.Key] = JsonNode.Parse(value);
        return root.ToJsonString();
    }

    private static IReadOnlyList<string> Errors(Plugin plugin, string json)
    {
        var survey = new Survey();
        var options = survey.Read(JsonDocument.Parse(json).RootElement, "$");
        CommonOptions.Declare(options);
        survey.Guard(options, () => plugin.Declare(options));
        return [.. survey.Finish().Where(finding => finding.IsError).Select(finding => $"{finding.Path}: {finding.Message}")];
    }

    private static string? Refusal(Plugin plugin, string json)
    {
        try
        {
            var conf = NetConf.Parse(Encoding.UTF8.GetBytes(json));
            conf.Negotiate(Verb.Add, CniVersion.All);
            conf.RequireDecodable();
            var environment = new CniEnvironment(new Dictionary<string, string> { ["CNI_IFNAME"] = "eth0" });
            plugin.Declare(OptionReader.Of(new AddRequest(conf, environment, Host, ContainerId.Parse("c1"), environment.IfName, "/run/netns/x")));
            return null;
        }
        catch (Exception e) when (e is CniException or ConfigException)
        {
            return e.Message;
        }
    }

    /// <summary>A plugin may put a step before what is wrong; for what is missing it has upstream's words, which say nothing to a person.</summary>
    private static bool SameWords(string thrown, string error) =>
        error.Split(": ", 2)[1].Split("; ")[0] is var words && (thrown.EndsWith(words, StringComparison.Ordinal)
            || (thrown == "invalid CIDR address: " && words == "there is no \"dst\""));
}
