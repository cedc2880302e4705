using System.Text;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>Whatever comes in on stdin, in the environment or in files: one JSON error with the specification's code, and an untouched host.</summary>
public sealed class BadInputTests
{
    private const int TenMegabytes = 10_000_000;
    private static readonly string[] Verbs = ["ADD", "CHECK", "DEL", "GC", "STATUS"];

    public static TheoryData<string, int> BadDocuments => new()
    {
        { "", 6 },
        { " \n", 6 },
        { "{", 6 },
        { """{"cniVersion":"1.1.0","name":"n1","type":"bri""", 6 },
        { """{"cniVersion":"1.1.0","name":"n1","ipam":{"type":"host-local"}""", 6 },
        { """{"name":"n1",}""", 6 },
        { """{"name":"n1"} {"name":"n1"}""", 6 },
        { """{"name":"n1"}x""", 6 },
        { """{'name':'n1'}""", 6 },
        { "// comment\n{\"name\":\"n1\"}", 6 },
        { "\ufeff{\"name\":\"n1\"}", 6 },
        { "{\"name\":\"n\0\"}", 6 },
        { "{\"name\":\"n\\ud800\"}", 7 },
        { "[]", 6 },
        { "5", 6 },
        { "\"n1\"", 6 },
        { "true", 6 },
        { "NaN", 6 },
        { """{"name":5}""", 6 },
        { """{"name":["n1"]}""", 6 },
        { """{"name":"n1","cniVersion":1}""", 6 },
        { """{"name":"n1","cniVersion":{}}""", 6 },
        { "null", 7 },
        { "{}", 7 },
        { """{"name":null}""", 7 },
        { """{"name":"n\u00e9"}""", 7 },
        { """{"name":"n1\n"}""", 7 },
        { """{"name":"../n1"}""", 7 },
        { """{"name":".index"}""", 7 },
    };

    [Theory]
    [MemberData(nameof(BadDocuments))]
    public void A_document_that_is_no_configuration_is_refused_by_every_verb(string document, int code)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var before = Snapshot.Of(host, pod);
        foreach (var verb in Verbs)
        {
            var (actual, message, _) = CniCall.Error(cni.Raw("bridge", Encoding.UTF8.GetBytes(document), cni.VariablesFor(verb, "c1", pod)));
            Assert.True(code == actual && message.Length > 0, $"{verb}: {actual} {message}");
        }

        Assert.Equal(before, Snapshot.Of(host, pod));
    }

    public static TheoryData<string> HugeDocuments => ["[", "{\"a\":", "{\"name\":[", "[0,", "\"", "9", " ", "\u00ff"];

    [Theory]
    [MemberData(nameof(HugeDocuments))]
    public void Ten_megabytes_of_nesting_or_nonsense_are_refused(string unit)
    {
        using var host = new Sandbox();
        var cni = new CniCall(host);
        var document = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(unit, TenMegabytes / unit.Length)));
        var (code, message, _) = CniCall.Error(cni.Execute(["timeout", "20", $"{CniCall.OurBin}/bridge"], document, cni.VariablesFor("ADD", "c1", "/run/netns/x")));
        Assert.Equal(6, code);
        Assert.True(message.Length < 500, message);
    }

    [Fact]
    public void Ten_megabytes_of_what_nobody_asked_for_do_no_harm()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var conf = Conf.Bridge($$""" "x":{"a":[{{string.Join(',', Enumerable.Repeat("{\"k\":\"v\"}", TenMegabytes / 10))}}]},{{Conf.DualStack(host)}}""");
        cni.Check(conf, cni.Add(conf, "c1", pod), "c1", pod);
        cni.Del(conf, "c1", pod);
        Assert.Empty(Conf.Leases(host));
    }

    [Theory]
    [InlineData(2_000_000, 2)]
    [InlineData(4, 120_000)]
    public void A_name_of_any_length_is_taken_or_refused_but_never_waited_for(int network, int container)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var conf = Conf.Bridge(name: new string('a', network));
        var environment = cni.VariablesFor("ADD", new string('a', container), pod);
        var reply = cni.Execute(["timeout", "20", $"{CniCall.OurBin}/bridge"], Encoding.UTF8.GetBytes(conf), environment);
        Assert.True(reply.ExitCode == 0, reply.Output[..Math.Min(reply.Output.Length, 500)] + reply.Error);
    }

    [Theory]
    [InlineData("\"bridge\":5")]
    [InlineData("\"isGateway\":\"yes\"")]
    [InlineData("\"isDefaultGateway\":1")]
    [InlineData("\"forceAddress\":\"\"")]
    [InlineData("\"ipMasq\":\"true\"")]
    [InlineData("\"mtu\":\"1500\"")]
    [InlineData("\"mtu\":1500.0")]
    [InlineData("\"mtu\":1e3")]
    [InlineData("\"mtu\":99999999999")]
    [InlineData("\"mtu\":123456789012345678901234567890")]
    [InlineData("\"mtu\":[]")]
    [InlineData("\"hairpinMode\":{}")]
    [InlineData("\"promiscMode\":[true]")]
    [InlineData("\"vlan\":true")]
    [InlineData("\"vlan\":-1e99")]
    [InlineData("\"vlanTrunk\":{}")]
    [InlineData("\"vlanTrunk\":[5]")]
    [InlineData("\"vlanTrunk\":[{\"id\":\"5\"}]")]
    [InlineData("\"preserveDefaultVlan\":0")]
    [InlineData("\"macspoofchk\":\"no\"")]
    [InlineData("\"enabledad\":2")]
    [InlineData("\"disableContainerInterface\":\"x\"")]
    [InlineData("\"portIsolation\":1")]
    [InlineData("\"ipam\":5")]
    [InlineData("\"ipam\":[]")]
    [InlineData("\"ipam\":{\"type\":{}}")]
    [InlineData("\"dns\":\"10.0.0.1\"")]
    [InlineData("\"dns\":{\"nameservers\":\"10.0.0.1\"}")]
    [InlineData("\"dns\":{\"nameservers\":[1]}")]
    [InlineData("\"dns\":{\"domain\":[]}")]
    [InlineData("\"args\":5")]
    [InlineData("\"args\":{\"cni\":5}")]
    [InlineData("\"args\":{\"cni\":{\"mac\":5}}")]
    [InlineData("\"runtimeConfig\":[]")]
    [InlineData("\"runtimeConfig\":{\"mac\":5}")]
    public void A_value_of_the_wrong_type_is_refused_and_nothing_is_made(string member)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var before = Snapshot.Of(host, pod);
        var conf = Conf.Bridge(member.Contains("ipam", StringComparison.Ordinal) ? member : $"{Conf.DualStack(host)},{member}");
        var (code, message, _) = CniCall.Error(new CniCall(host).Run("ADD", conf, "c1", pod));
        Assert.Equal(999, code);
        Assert.StartsWith("failed to load netconf: json: cannot unmarshal ", message, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot.Of(host, pod));
    }

    [Theory]
    [InlineData("\"vlan\":4095", "invalid VLAN ID 4095 (must be between 0 and 4094)")]
    [InlineData("\"vlan\":-1", "invalid VLAN ID -1 (must be between 0 and 4094)")]
    [InlineData("\"vlanTrunk\":[{\"id\":0}]", "incorrect trunk id parameter")]
    [InlineData("\"vlanTrunk\":[{\"minID\":0,\"maxID\":5}]", "incorrect trunk minID parameter")]
    [InlineData("\"vlanTrunk\":[{\"minID\":1,\"maxID\":4095}]", "incorrect trunk maxID parameter")]
    [InlineData("\"vlanTrunk\":[{\"minID\":9,\"maxID\":5}]", "minID is greater than maxID in trunk parameter")]
    [InlineData("\"vlanTrunk\":[{\"minID\":9}]", "minID and maxID should be configured simultaneously, maxID is missing")]
    [InlineData("\"vlanTrunk\":[{\"maxID\":9}]", "minID and maxID should be configured simultaneously, minID is missing")]
    [InlineData("\"ipam\":{\"type\":\"../../bin/sh\"}", "invalid plugin name: ../../bin/sh")]
    [InlineData("\"ipam\":{\"type\":\"..\"}", "failed to find plugin \"..\" in path [PATH]")]
    [InlineData("\"ipam\":{\"type\":\"nope\"}", "failed to find plugin \"nope\" in path [PATH]")]
    public void A_value_that_makes_no_sense_is_refused_in_upstreams_words_and_nothing_is_made(string member, string expected)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var before = Snapshot.Of(host, pod);
        var cni = new CniCall(host);
        var (code, message, _) = CniCall.Error(cni.Run("ADD", Conf.Bridge(member), "c1", pod));
        Assert.Equal((999, expected.Replace("PATH", cni.CniPath.Replace(':', ' '), StringComparison.Ordinal)), (code, message));
        Assert.Equal(before, Snapshot.Of(host, pod));
    }

    [Fact]
    public void Keys_count_in_any_case_of_several_the_last_and_null_is_none()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        const string conf = """
            {"CNIVERSION":"0.4.0","cniVersion":"1.0.0","Name":"n1","TYPE":"x","type":"bridge","bridge":"br1","BRIDGE":"br7",
             "mtu":"no"}
            """;
        var cni = new CniCall(host);
        var result = cni.Add(conf.Replace("\"no\"", "1400,\"MTU\":1300,\"vlan\":null,\"isGateway\":null,\"dns\":null,\"ipam\":null,\"args\":null", StringComparison.Ordinal), "c1", pod);
        Assert.Equal("br7", result.GetProperty("interfaces")[0].GetProperty("name").GetString());
        Assert.Equal(1300, Sandbox.PodIpJson(pod, "link show eth0")[0].GetProperty("mtu").GetInt32());
    }

    [Fact]
    public void Text_that_is_no_Unicode_is_no_reason_to_fail_outside_of_names()
    {
        using var host = new Sandbox();
        var cni = new CniCall(host);
        byte[] conf = [.. "{\"\\ud800\":1,\"cniVersion\":\"1.0.0\",\"name\":\"n1\",\"type\":\"bridge\",\"bridge\":\"br0\",\"comment\":\""u8, 0xff, 0xfe, .. "\"}"u8];
        var reply = cni.Raw("bridge", conf, cni.VariablesFor("ADD", "c1", host.AddPod()));
        Assert.True(reply.ExitCode == 0, reply.Output);
    }

    [Theory]
    [InlineData("<&-")]
    [InlineData("</")]
    [InlineData("</dev/zero")]
    public void A_standard_input_that_cannot_be_read_is_an_input_error(string redirection)
    {
        using var host = new Sandbox();
        var cni = new CniCall(host);
        var script = $"exec {CniCall.OurBin}/bridge {redirection}";
        var (code, message, _) = CniCall.Error(cni.Execute(["/bin/sh", "-c", script], [], cni.VariablesFor("ADD", "c1", "/run/netns/x")));
        Assert.Equal(5, code);
        Assert.StartsWith("error reading from stdin: ", message, StringComparison.Ordinal);
    }
}
