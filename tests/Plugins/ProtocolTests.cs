using System.Text;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>The wire contract that holds for every plugin (CNI specification, section 2): what is asked how, and refused in which words.</summary>
public sealed class ProtocolTests
{
    private const string About = "CNI protocol versions supported: 0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0\n";

    [Fact]
    public void Without_a_command_a_plugin_says_who_it_is()
    {
        using var host = new Sandbox();
        var reply = new CniCall(host).Raw("bridge", [], new Dictionary<string, string>());
        Assert.Equal((0, ""), (reply.ExitCode, reply.Output));
        Assert.Matches($"^CNI bridge plugin v[0-9.]+(-[0-9]+)?(-g[0-9a-f]+)?\n{About}$", reply.Error);
    }

    [Fact]
    public void VERSION_needs_nothing_else_and_reads_nothing()
    {
        using var host = new Sandbox();
        var reply = new CniCall(host).Raw("bridge", "no json"u8.ToArray(), new Dictionary<string, string> { ["CNI_COMMAND"] = "VERSION" });
        Assert.Equal(
            (0, "{\"cniVersion\":\"1.1.0\",\"supportedVersions\":[\"0.1.0\",\"0.2.0\",\"0.3.0\",\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]}\n", ""),
            (reply.ExitCode, reply.Output, reply.Error));
    }

    [Theory]
    [InlineData("ADD", "", "required env variables [CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH] missing")]
    [InlineData("CHECK", "", "required env variables [CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH] missing")]
    [InlineData("DEL", "", "required env variables [CNI_CONTAINERID,CNI_IFNAME,CNI_PATH] missing")]
    [InlineData("GC", "", "required env variables [CNI_PATH] missing")]
    [InlineData("STATUS", "", "required env variables [CNI_PATH] missing")]
    [InlineData("ADD", "CNI_CONTAINERID=c1 CNI_PATH=/x", "required env variables [CNI_NETNS,CNI_IFNAME] missing")]
    [InlineData("ADD", "CNI_CONTAINERID=../c1", "invalid characters in containerID")]
    [InlineData("ADD", "CNI_CONTAINERID=-c1", "invalid characters in containerID")]
    [InlineData("DEL", "CNI_CONTAINERID=c1/", "invalid characters in containerID")]
    [InlineData("ADD", "CNI_IFNAME=a/b", "interface name contains / or : or whitespace characters")]
    [InlineData("ADD", "CNI_IFNAME=a:b", "interface name contains / or : or whitespace characters")]
    [InlineData("ADD", "CNI_IFNAME=..", "interface name is . or ..")]
    [InlineData("ADD", "CNI_IFNAME=sixteencharacter", "interface name is too long")]
    [InlineData("ADD", "CNI_CONTAINERID=/ CNI_IFNAME=a/b", "invalid characters in containerID")]
    public void The_environment_is_checked_in_upstreams_order_before_anything_is_read(string verb, string variables, string expected)
    {
        using var host = new Sandbox();
        var environment = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        environment["CNI_COMMAND"] = verb;
        var (code, message, _) = CniCall.Error(new CniCall(host).Raw("bridge", "no json"u8.ToArray(), environment));
        Assert.Equal((4, expected), (code, message));
    }

    [Fact]
    public void An_identifier_with_a_line_break_or_white_space_is_refused()
    {
        using var host = new Sandbox();
        var cni = new CniCall(host);
        Assert.Equal((4, "invalid characters in containerID", "c1\n"), CniCall.Error(cni.Run("ADD", Conf.Bridge(), "c1\n", "/run/netns/x")));
        var (code, message, _) = CniCall.Error(cni.Run("ADD", Conf.Bridge(), "c1", "/run/netns/x", "eth\u00a00"));
        Assert.Equal((4, "interface name contains / or : or whitespace characters"), (code, message));
    }

    [Theory]
    [InlineData("""{"cniVersion":"1.0.0"}""", 7, "missing network name", "")]
    [InlineData("""{"name":""}""", 7, "missing network name", "")]
    [InlineData("""{"name":"../../etc"}""", 7, "invalid characters found in network name", "../../etc")]
    [InlineData("""{"name":"a b"}""", 7, "invalid characters found in network name", "a b")]
    public void The_name_is_checked_for_every_verb(string conf, int code, string message, string details)
    {
        using var host = new Sandbox();
        var cni = new CniCall(host);
        foreach (var verb in new[] { "ADD", "DEL" })
            Assert.Equal((code, message, details), CniCall.Error(cni.Raw("bridge", Encoding.UTF8.GetBytes(conf), cni.VariablesFor(verb, "c1", host.AddPod()))));
    }

    [Theory]
    [InlineData("9.9.9")]
    [InlineData("1.0")]
    [InlineData("x")]
    public void A_version_that_is_not_spoken_is_refused_by_ADD_and_keeps_nothing_from_DEL(string version)
    {
        using var host = new Sandbox();
        var (cni, pod) = (new CniCall(host), host.AddPod());
        var conf = Conf.Bridge($"\"ipMasq\":true,{Conf.DualStack(host)}");
        var other = Conf.Bridge($"\"ipMasq\":true,{Conf.DualStack(host)}", version);
        Assert.Equal(
            (1, "incompatible CNI versions", $"config is \"{version}\", plugin supports [\"0.1.0\" \"0.2.0\" \"0.3.0\" \"0.3.1\" \"0.4.0\" \"1.0.0\" \"1.1.0\"]"),
            CniCall.Error(cni.Run("ADD", other, "c1", pod)));
        var result = cni.Add(conf, "c1", pod);
        cni.Del(CniCall.WithPrevious(other, result), "c1", pod);
        Assert.Empty(Conf.Leases(host));
        Assert.Empty(Sandbox.PodIpJson(pod, "link show type veth").EnumerateArray());
        Assert.DoesNotContain("10.1.0.2", host.InHost("nft", "list", "ruleset"), StringComparison.Ordinal);
        cni.Add(conf, "c1", pod);
        cni.Del(other, "c1", pod);
        Assert.Empty(Conf.Leases(host));
    }

    [Theory]
    [InlineData("CHECK", "0.3.1", 1, "config version does not allow CHECK")]
    [InlineData("CHECK", "", 1, "config version does not allow CHECK")]
    [InlineData("CHECK", "0.4.5", 1, "incompatible CNI versions")]
    [InlineData("CHECK", "2.0.0", 1, "plugin version does not allow CHECK")]
    [InlineData("GC", "1.0.0", 1, "config version does not allow GC")]
    [InlineData("STATUS", "1.0.0", 1, "config version does not allow STATUS")]
    [InlineData("STATUS", "x", 6, "failed to convert major version part \"x\": strconv.Atoi: parsing \"x\": invalid syntax")]
    [InlineData("GC", "1.2.3.4", 6, "invalid version \"1.2.3.4\": too many parts")]
    [InlineData("CHECK", "1.0.99999999999999999999", 6, "failed to convert micro version part")]
    public void A_verb_needs_a_version_that_has_it(string verb, string version, int code, string message)
    {
        using var host = new Sandbox();
        var (actual, text, _) = CniCall.Error(new CniCall(host).Run(verb, Conf.Bridge(version: version), "c1", host.AddPod()));
        Assert.Equal(code, actual);
        Assert.StartsWith(message, text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_version_of_the_wrong_type_is_a_decoding_error()
    {
        using var host = new Sandbox();
        var conf = Conf.Bridge().Replace("\"1.0.0\"", "1", StringComparison.Ordinal);
        var (code, message, _) = CniCall.Error(new CniCall(host).Run("ADD", conf, "c1", host.AddPod()));
        Assert.Equal(6, code);
        Assert.StartsWith("decoding version from network config: json: cannot unmarshal number into Go struct field ", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FOO", "ARGS: invalid pair \"FOO\"")]
    [InlineData("a=b=c", "ARGS: invalid pair \"a=b=c\"")]
    [InlineData("IgnoreUnknown=1;", "ARGS: invalid pair \"\"")]
    [InlineData("FOO=bar;X=y", "ARGS: unknown args [\"FOO=bar\" \"X=y\"]")]
    [InlineData("ignoreunknown=1", "ARGS: unknown args [\"ignoreunknown=1\"]")]
    [InlineData("IgnoreUnknown=yes", "ARGS: error parsing value of pair \"IgnoreUnknown=yes\": boolean unmarshal error: invalid input yes")]
    public void Bad_arguments_are_refused_in_upstreams_words(string args, string expected)
    {
        using var host = new Sandbox();
        var cni = new CniCall(host) { Variables = { ["CNI_ARGS"] = args } };
        Assert.Equal((999, expected, ""), CniCall.Error(cni.Run("ADD", Conf.Bridge(), "c1", host.AddPod())));
    }

    [Theory]
    [InlineData("ADD")]
    [InlineData("DEL")]
    public void A_namespace_that_is_the_plugins_own_is_refused_before_anything_is_done(string verb)
    {
        using var host = new Sandbox();
        var before = Snapshot.Of(host);
        var (code, message, _) = CniCall.Error(new CniCall(host).Run(verb, Conf.Typical(host), "c1", host.HostPath));
        Assert.Equal((8, "plugin's netns and netns from CNI_NETNS should not be the same"), (code, message));
        Assert.Equal(before, Snapshot.Of(host));
    }

    [Fact]
    public void The_plugins_own_namespace_is_taken_if_the_caller_insists()
    {
        using var host = new Sandbox();
        var cni = new CniCall(host) { Variables = { ["CNI_NETNS_OVERRIDE"] = "True" } };
        cni.Add(Conf.Bridge(), "c1", host.HostPath);
        Assert.Equal("br0", host.IpJson("link show br0")[0].GetProperty("ifname").GetString());
    }

    [Theory]
    [InlineData("FOO")]
    [InlineData("add")]
    public void An_unknown_verb_is_refused_by_name(string verb)
    {
        using var host = new Sandbox();
        var (code, message, _) = CniCall.Error(new CniCall(host).Run(verb, Conf.Bridge(), "c1", host.AddPod()));
        Assert.Equal((4, $"unknown CNI_COMMAND: {verb}"), (code, message));
    }

    [Theory]
    [InlineData("ln -s {0}/bridge {1}/loopback; exec {1}/loopback", "loopback")]
    [InlineData("mkdir {1}/a; ln -s a/x {1}/loopback; ln -s {0}/bridge {1}/a/x; exec {1}/loopback", "loopback")]
    [InlineData("exec -a loopback {0}/bridge", "loopback")]
    [InlineData("exec {0}/cni-plugins bridge", "bridge")]
    [InlineData("PATH={0}; exec bridge", "bridge")]
    public void A_plugin_is_who_it_is_called(string script, string expected)
    {
        using var host = new Sandbox();
        var command = string.Format(null, CompositeFormat.Parse(script), CniCall.OurBin, host.Directory);
        var reply = new CniCall(host).Execute(["/bin/bash", "-c", command], [], new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" });
        Assert.StartsWith($"CNI {expected} plugin ", reply.Error, StringComparison.Ordinal);
        Assert.Equal(0, reply.ExitCode);
    }

    [Fact]
    public void The_executable_lists_its_names_and_knows_no_others()
    {
        using var host = new Sandbox();
        var cni = new CniCall(host);
        var names = cni.Execute([$"{CniCall.OurBin}/cni-plugins", "--list"], [], new Dictionary<string, string>()).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("bridge", names);
        Assert.Contains("loopback", names);
        Assert.All(names, name => Assert.True(File.Exists(Path.Combine(CniCall.OurBin, name)), name));
        var (code, message, _) = CniCall.Error(cni.Execute([$"{CniCall.OurBin}/cni-plugins"], [], cni.VariablesFor("ADD", "c1", "/run/netns/x")));
        Assert.Equal((999, "there is no plugin \"cni-plugins\" in this executable"), (code, message));
    }

    [Fact]
    public void An_answer_goes_to_the_end_of_a_file_and_leaves_its_place_to_the_next_writer()
    {
        using var host = new Sandbox();
        var cni = new CniCall(host);
        var script = $"(echo before; {CniCall.OurBin}/bridge; echo after) >{host.Directory}/out";
        cni.Execute(["/bin/sh", "-c", script], [], cni.VariablesFor("VERSION", "", ""));
        var lines = File.ReadAllLines(Path.Combine(host.Directory, "out"));
        Assert.Equal(["before", "after"], [lines[0], lines[^1]]);
        Assert.StartsWith("{\"cniVersion\"", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bridge", "VERSION", ">/dev/full", "no space left on device")]
    [InlineData("bridge", "VERSION", ">&-", "bad file descriptor")]
    [InlineData("bridge", "ADD", ">/dev/full", "no space left on device")]
    [InlineData("bridge", "ADD", ">&-", "bad file descriptor")]
    [InlineData("bridge", "ADD", "| exec <&-", "broken pipe")]
    [InlineData("host-local", "ADD", ">/dev/full", "no space left on device")]
    [InlineData("host-local", "ADD", ">&-", "bad file descriptor")]
    [InlineData("host-local", "ADD", "| exec <&-", "broken pipe")]
    public void An_answer_nobody_takes_is_a_failure_that_leaves_nothing(string plugin, string verb, string reader, string expected)
    {
        using var host = new Sandbox();
        host.AddBridge();
        var pod = host.AddPod();
        var before = Snapshot.Of(host, pod);
        var cni = new CniCall(host);
        var script = $"set -o pipefail; (sleep 0.1; exec {CniCall.OurBin}/{plugin}) {reader}";
        var conf = Encoding.UTF8.GetBytes(Conf.Bridge(Conf.HostLocal(host, "[]", "10.1.0.0/24")));
        var reply = cni.Execute(["/bin/bash", "-c", script], conf, cni.VariablesFor(verb, "c1", pod));
        Assert.Equal((1, ""), (reply.ExitCode, reply.Output));
        Assert.StartsWith($"the answer did not reach the caller: write /dev/stdout: {expected}", reply.Error, StringComparison.Ordinal);
        Snapshot.ShouldBecome(before, host, pod);
    }

    [Theory]
    [InlineData("list", ">/dev/full", "no space left on device")]
    [InlineData("list", ">&-", "bad file descriptor")]
    [InlineData("list", "| exec <&-", "broken pipe")]
    [InlineData("list", ">/dev/full 2>/dev/full", "")]
    [InlineData("add net1 $POD --cache-dir $NETCONFPATH/cache", ">/dev/full", "no space left on device")]
    public void So_it_is_for_what_cnitool_prints(string command, string reader, string expected)
    {
        using var host = new Sandbox();
        host.AddBridge();
        var pod = host.AddPod();
        var before = Snapshot.Of(host, pod);
        var conf = Conf.Bridge(Conf.HostLocal(host, "[]", "10.1.0.0/24"));
        File.WriteAllText(Path.Combine(host.Directory, "net1.conflist"), $$"""{"cniVersion":"1.0.0","name":"net1","plugins":[{{conf}}]}""");
        var script = $"set -o pipefail; (sleep 0.1; exec {CniCall.OurBin}/cnitool {command}) {reader}";
        var variables = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["CNI_PATH"] = CniCall.OurBin, ["NETCONFPATH"] = host.Directory, ["POD"] = pod };
        var reply = new CniCall(host).Execute(["/bin/bash", "-c", script], [], variables);
        Assert.Equal((1, ""), (reply.ExitCode, reply.Output));
        Assert.Contains(expected, reply.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", reply.Error, StringComparison.Ordinal);
        Snapshot.ShouldBecome(before, host, pod);
    }
}
