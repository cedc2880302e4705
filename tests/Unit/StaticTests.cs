using System.Text;
using System.Text.Json.Nodes;
using CniPlugins.Cni;
using CniPlugins.Ipam.Static;

namespace CniPlugins.Tests.Unit;

/// <summary>The static address plugin, beside Debian's where the words are stable.</summary>
public sealed class StaticTests
{
    private const string Upstream = "/usr/lib/cni/static";

    private const string Two = """ "addresses":[{"address":"10.10.0.1/24","gateway":"10.10.0.254"},{"address":"3ffe:ffff:0:01ff::1/64","gateway":"3ffe:ffff:0::1"}] """;

    private const string Result = """ "prevResult":{"cniVersion":"1.0.0","ips":[{"address":"10.10.0.1/24","gateway":"10.10.0.254"}]} """;

    /// <summary>Members of the ipam section (null: none), further members of the configuration, CNI_ARGS.</summary>
    public static TheoryData<string?, string, string> Configurations => new()
    {
        { null, "", "" },
        { "", "", "" },
        { Two, "", "" },
        { Two + """ ,"routes":[{"dst":"0.0.0.0/0"},{"dst":"192.168.0.0/16","gw":"10.10.5.1"}],"dns":{"nameservers":["8.8.8.8"],"domain":"example.com","search":["example.com"],"options":["ndots:5"]} """, "", "" },
        { Two, """ "dns":{"nameservers":["1.1.1.1"]} """, "" },
        { """ "addresses":[{"address":"10.0.0.1/24","gateway":""}] """, "", "" },
        { """ "addresses":[{"address":"::ffff:10.0.0.1/120"}] """, "", "" },
        { """ "addresses":[{"address":"10.0.0.1"}] """, "", "" },
        { """ "addresses":[{"address":"10.0.0.01/24"}] """, "", "" },
        { """ "addresses":[{}] """, "", "" },
        { """ "addresses":[null] """, "", "" },
        { """ "addresses":[{"address":"10.0.0.1/24","gateway":"foo"}] """, "", "" },
        { """ "addresses":null,"routes":null,"dns":null """, "", "" },
        { """ "routes":[{"dst":"x"}] """, "", "" },
        { Two, "", "IP=10.11.0.1/24, 10.12.0.1/16 ,fd00::1/64;GATEWAY=10.11.0.254,10.10.0.9, fd00::9" },
        { Two, "", "IP=10.11.0.1/24,10.11.0.2/24;GATEWAY=10.11.0.254,10.11.0.253" },
        { Two, "", "IP=10.11.0.1" },
        { Two, "", "IP=;GATEWAY=" },
        { Two, "", "IP=10.11.0.1/24," },
        { Two, "", "IP=10.11.0.1/24;GATEWAY=x" },
        { Two, "", "IP=10.11.0.1/24;GATEWAY=10.11.0.254," },
        { Two, "", "GATEWAY=10.10.0.7" },
        { Two, "", "FOO=1" },
        { Two, "", "IP=10.11.0.1/24;FOO" },
        { Two, "", "FOO=1;IgnoreUnknown=true;IP=10.11.0.1/24" },
        { Two, """ "args":{"cni":{"ips":["10.12.0.1/24"]}} """, "" },
        { Two, """ "args":{"cni":{"ips":[" 10.12.0.1/24 "]}} """, "" },
        { Two, """ "args":{"cni":{"ips":["10.12.0.1"]}} """, "" },
        { Two, """ "args":{"cni":{"ips":[]}},"runtimeConfig":{"ips":[]} """, "" },
        { Two, """ "args":{"cni":{"ips":["10.12.0.1/24"]}},"runtimeConfig":{"ips":["10.13.0.1/24","10.13.0.1/24"]} """, "IP=10.11.0.1/24" },
        { Two, """ "args":{"cni":{"ips":["bad"]}},"runtimeConfig":{"ips":["10.13.0.1/24"]} """, "" },
        { Two, """ "runtimeConfig":{"ips":["10.13.0.1"]} """, "" },
        { """ "addresses":[{"address":"bad"}] """, """ "runtimeConfig":{"ips":["10.13.0.1/24"]} """, "" },
        { """ "addresses":[{"address":"10.0.0.1/24"},{"address":"10.0.0.2/24"}] """, "", "" },
    };

    [Theory]
    [MemberData(nameof(Configurations))]
    public void Both_answer_the_same_in_every_version(string? ipam, string more, string args)
    {
        foreach (var version in new[] { "0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0" })
        {
            var conf = Conf(ipam, more, version);
            var (ours, theirs) = (Call("ADD", conf, args), CallUpstream("ADD", conf, args));
            Assert.True(theirs.ExitCode == ours.ExitCode, $"{version}: {theirs.Output} and {ours.Output}");
            if (ours.ExitCode != 0)
                Assert.Equal(theirs.Error, ours.Error);
            else if (version == "1.0.0")
                Assert.True(JsonNode.DeepEquals(WithoutEmptyDns(theirs.Output), WithoutEmptyDns(ours.Output)), $"{theirs.Output} and {ours.Output}");
            else
                Assert.Equal(theirs.Output, ours.Output);
        }
    }

    [Theory]
    [InlineData(Two, Result)]
    [InlineData(Two, "")]
    [InlineData(null, Result)]
    [InlineData(""" "addresses":[{"address":"10.10.0.1/16","gateway":"10.10.0.253"}] """, Result)]
    [InlineData(""" "addresses":[{"address":"10.10.0.1/16"}] """, Result)]
    [InlineData(""" "addresses":[{"address":"10.10.0.5/16","gateway":"10.10.0.253"}] """, Result)]
    [InlineData(""" "addresses":[{"address":"10.10.0.1"}] """, Result)]
    [InlineData(Two, """ "prevResult":{"cniVersion":"1.0.0","ips":[{"address":"10.10.0.1/24"}]} """)]
    [InlineData(Two, """ "prevResult":{"cniVersion":"1.0.0"} """)]
    public void Both_check_the_same(string? ipam, string more)
    {
        var conf = Conf(ipam, more, "1.0.0");
        Assert.Equal(CallUpstream("CHECK", conf, "").Error, Call("CHECK", conf, "").Error);
    }

    [Theory]
    [InlineData("DEL", null)]
    [InlineData("DEL", """ "addresses":5 """)]
    [InlineData("GC", null)]
    [InlineData("STATUS", Two)]
    public void What_keeps_nothing_has_nothing_to_do(string verb, string? ipam) =>
        Assert.Equal(new LabAnswer(0, ""), Call(verb, Conf(ipam, """ "cni.dev/valid-attachments":[] """, "1.1.0"), ""));

    [Theory]
    [InlineData(null, "999: IPAM config missing 'ipam' key")]
    [InlineData(""" "addresses":[{"address":"10.0.0.1"}] """, "999: the 'address' field is expected to be in CIDR notation, got: '10.0.0.1'")]
    public void STATUS_says_what_ADD_would_say(string? ipam, string error) => Assert.Equal(error, Call("STATUS", Conf(ipam, "", "1.1.0"), "").Error);

    [Theory]
    [InlineData(""" "addresses":5 """)]
    [InlineData(""" "addresses":[{"address":5}] """)]
    [InlineData(""" "addresses":[5] """)]
    [InlineData(""" "dns":5 """)]
    [InlineData(""" "routes":{} """)]
    public void A_value_of_the_wrong_type_is_refused(string ipam)
    {
        var (ours, theirs) = (Call("ADD", Conf(ipam, "", "1.0.0"), ""), CallUpstream("ADD", Conf(ipam, "", "1.0.0"), ""));
        Assert.StartsWith("999: json: cannot unmarshal ", theirs.Error, StringComparison.Ordinal);
        Assert.StartsWith("999: json: cannot unmarshal ", ours.Error, StringComparison.Ordinal);
    }

    private static string Conf(string? ipam, string more, string version)
    {
        var section = ipam is null ? "" : $",\"ipam\":{{\"type\":\"static\"{(ipam.Length > 0 ? "," : "")}{ipam}}}";
        return $"{{\"cniVersion\":\"{version}\",\"name\":\"n\",\"type\":\"macvlan\"{section}{(more.Length > 0 ? "," : "")}{more}}}";
    }

    private static LabAnswer Call(string verb, string conf, string args)
    {
        using var stdin = new MemoryStream(Encoding.UTF8.GetBytes(conf));
        using var stdout = new MemoryStream();
        using var stderr = new MemoryStream();
        var host = new PluginHost(name => name == "static" ? new StaticPlugin() : null, "version unknown");
        var code = host.Run("static", new CniEnvironment(Variables(verb, args)), stdin, stdout, stderr);
        return new LabAnswer(code, Encoding.UTF8.GetString(stdout.ToArray()));
    }

    private static LabAnswer CallUpstream(string verb, string conf, string args)
    {
        Assert.SkipUnless(File.Exists(Upstream), "upstream's static is not installed (containernetworking-plugins)");
        var answer = Support.Tool.Try(Upstream, [], Encoding.UTF8.GetBytes(conf), Variables(verb, args));
        return new LabAnswer(answer.ExitCode, answer.Output);
    }

    private static Dictionary<string, string> Variables(string verb, string args) => new()
    {
        ["CNI_COMMAND"] = verb,
        ["CNI_CONTAINERID"] = "c1",
        ["CNI_IFNAME"] = "eth0",
        ["CNI_NETNS"] = "/run/netns/none-such",
        ["CNI_PATH"] = "/opt/cni/bin",
        ["CNI_ARGS"] = args,
    };

    /// <summary>1.1.1 prints an empty dns, later versions leave it out.</summary>
    private static JsonObject WithoutEmptyDns(string output)
    {
        var result = JsonNode.Parse(output)!.AsObject();
        if (result["dns"] is JsonObject { Count: 0 })
            result.Remove("dns");
        return result;
    }
}
