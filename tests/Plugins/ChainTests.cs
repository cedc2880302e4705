using System.Text;
using System.Text.Json;
using CniPlugins.Cni;
using CniPlugins.Runtime;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>A chain as the runtime runs it, with plugins that write down how they were called (libcni/api.go).</summary>
public sealed class ChainTests : IDisposable
{
    private const string Conflist = """
        { "cniVersion": "1.1.0", "name": "net", "z": 1,
          "plugins": [ { "type": "one", "name": "first", "big": 10000000000000001, "float": 1.50, "<>": "&",
                         "capabilities": { "portMappings": true, "mac": false, "unused": true } },
                       { "type": "two", "runtimeConfig": { "stale": 1 } } ] }
        """;

    private static readonly RuntimeAttachment Pod = new("cid", "/run/netns/pod", "eth0")
    {
        Args = [new("IgnoreUnknown", "1"), new("K8S_POD_NAME", "p")],
        CapabilityArgs = JsonDocument.Parse("""{"portMappings":[{"hostPort":80,"containerPort":8080}],"mac":"02:00:00:00:00:01"}""")
            .RootElement.EnumerateObject().ToDictionary(member => member.Name, member => member.Value),
    };

    private readonly FakeHost _host = new();

    public ChainTests()
    {
        _host.AddPlugin("one", 1);
        _host.AddPlugin("two", 2);
    }

    [Fact]
    public void Add_runs_forward_and_hands_each_result_on()
    {
        var result = _host.Runtime.Add(List(), Pod);
        Assert.Equal(["one ADD", "two ADD"], _host.Calls);
        Assert.Equal("10.0.0.2/24", result.Value.Ips.Single().Address.ToString());
        Assert.False(_host.InputJson("one", "ADD").TryGetProperty("prevResult", out _));
        Assert.Equal("""{"cniVersion":"1.1.0","ips":[{"address":"10.0.0.1/24"}]}""", _host.InputJson("two", "ADD").GetProperty("prevResult").GetRawText());
    }

    [Fact]
    public void A_request_has_sorted_keys_and_keeps_what_the_runtime_does_not_know()
    {
        _host.Runtime.Add(List(), Pod);
        Assert.Equal(
            """{"\u003c\u003e":"\u0026","big":10000000000000001,"capabilities":{"mac":false,"portMappings":true,"unused":true},"cniVersion":"1.1.0","float":1.50,"name":"net","runtimeConfig":{"portMappings":[{"containerPort":8080,"hostPort":80}]},"type":"one"}""",
            _host.Input("one", "ADD"));
        // Capability data goes only where it is declared; a runtimeConfig in the file is replaced only by data.
        Assert.Equal("""{"stale":1}""", _host.InputJson("two", "ADD").GetProperty("runtimeConfig").GetRawText());
    }

    [Fact]
    public void Every_variable_is_set_and_the_callers_own_pass_through()
    {
        _host.Runtime.Add(List(), Pod);
        var variables = _host.Variables("two", "ADD");
        Assert.Equal("ADD cid /run/netns/pod eth0 IgnoreUnknown=1;K8S_POD_NAME=p 00-1-2-03 " + _host.PluginPath, string.Join(' ', new[]
        {
            "CNI_COMMAND", "CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_ARGS", "TRACEPARENT", "CNI_PATH",
        }.Select(name => variables[name])));
    }

    [Fact]
    public void The_cache_file_is_libcnis_byte_for_byte()
    {
        _host.Runtime.Add(List(), Pod);
        var config = Convert.ToBase64String(Encoding.UTF8.GetBytes(Conflist));
        Assert.Equal(
            $$$"""{"kind":"cniCacheV1","containerId":"cid","config":"{{{config}}}","ifName":"eth0","networkName":"net","netns":"/run/netns/pod","cniArgs":[["IgnoreUnknown","1"],["K8S_POD_NAME","p"]],"capabilityArgs":{"mac":"02:00:00:00:00:01","portMappings":[{"containerPort":8080,"hostPort":80}]},"result":{"cniVersion":"1.1.0","ips":[{"address":"10.0.0.2/24"}]}}""",
            _host.Cached("net-cid-eth0"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_host.CacheFile("net-cid-eth0")));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(_host.CacheFile("x"))!));
        Assert.Equal(["net-cid-eth0"], Directory.GetFiles(Path.GetDirectoryName(_host.CacheFile("x"))!).Select(Path.GetFileName));
    }

    [Fact]
    public void What_says_nothing_is_left_out_of_the_cache()
    {
        _host.AddPlugin("one", 1, "0.3.1");
        _host.Runtime.Add(NetworkList.Parse("""{"name":"n","cniVersion":"0.3.1","plugins":[{"type":"one"}]}"""u8.ToArray()), new RuntimeAttachment("c", "", "lo"));
        Assert.EndsWith(
            ""","ifName":"lo","networkName":"n","result":{"cniVersion":"0.3.1","dns":{},"ips":[{"address":"10.0.0.1/24","version":"4"}]}}""",
            _host.Cached("n-c-lo"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Del_runs_backward_with_the_cached_result_and_forgets_it()
    {
        _host.Runtime.Add(List(), Pod);
        _host.Forget();
        _host.Runtime.Del(List(), Pod);
        Assert.Equal(["two DEL", "one DEL"], _host.Calls);
        foreach (var type in new[] { "one", "two" })
            Assert.Equal("10.0.0.2/24", _host.InputJson(type, "DEL").GetProperty("prevResult").GetProperty("ips")[0].GetProperty("address").GetString());
        Assert.False(File.Exists(_host.CacheFile("net-cid-eth0")));
    }

    [Fact]
    public void Del_below_040_has_no_previous_result()
    {
        _host.AddPlugin("one", 1, "0.3.1");
        var list = NetworkList.Parse("""{"name":"n","cniVersion":"0.3.1","plugins":[{"type":"one"}]}"""u8.ToArray());
        _host.Runtime.Add(list, Pod);
        _host.Runtime.Del(list, Pod);
        Assert.False(_host.InputJson("one", "DEL").TryGetProperty("prevResult", out _));
    }

    [Fact]
    public void Del_does_without_a_cache_that_cannot_be_read()
    {
        _host.Runtime.Add(List(), Pod);
        File.WriteAllText(_host.CacheFile("net-cid-eth0"), """{"kind":"cniCacheV1","result":{"cniVersion":"1.1.0","ips":[{"address":"x"}]}}""");
        _host.Runtime.Del(List(), Pod);
        Assert.False(_host.InputJson("one", "DEL").TryGetProperty("prevResult", out _));
        Assert.False(File.Exists(_host.CacheFile("net-cid-eth0")));
    }

    [Fact]
    public void A_cache_of_before_2019_is_a_bare_result()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_host.CacheFile("x"))!);
        File.WriteAllText(_host.CacheFile("net-cid-eth0"), """{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.9.9.9/24"}]}""");
        _host.Runtime.Check(List(), Pod);
        Assert.Equal(
            """{"cniVersion":"1.1.0","ips":[{"address":"10.9.9.9/24"}]}""", _host.InputJson("two", "CHECK").GetProperty("prevResult").GetRawText());
    }

    [Fact]
    public void A_del_goes_on_after_a_failure_reports_all_and_keeps_the_cache()
    {
        _host.Runtime.Add(List(), Pod);
        _host.AddPlugin("two", """echo '{"code":11,"msg":"later","details":"busy"}'; exit 1""");
        _host.Forget();
        var failure = Assert.Throws<CniException>(() => _host.Runtime.Del(List(), Pod));
        Assert.Equal(("plugin type=\"two\" failed (delete): later", CniErrorCode.TryAgainLater, "busy"), (failure.Message, failure.Code, failure.Details));
        Assert.Equal(["two DEL", "one DEL"], _host.Calls);
        Assert.True(File.Exists(_host.CacheFile("net-cid-eth0")));
        _host.AddPlugin("one", "echo oops >&2; exit 3");
        Assert.Equal(
            "plugin type=\"two\" failed (delete): later; busy\nplugin type=\"one\" name=\"first\" failed (delete): netplugin failed: \"oops\": exit status 3",
            Assert.Throws<CniException>(() => _host.Runtime.Del(List(), Pod)).Message);
        Assert.True(File.Exists(_host.CacheFile("net-cid-eth0")));
    }

    [Theory]
    [InlineData("""echo '{"code":7,"msg":"bad","details":"why"}'; exit 1""", "bad", 7)]
    [InlineData("echo oops >&2; exit 3", "netplugin failed: \"oops\": exit status 3", 999)]
    [InlineData("exit 2", "netplugin failed with no error message: exit status 2", 999)]
    [InlineData("echo nonsense; exit 1", "netplugin failed but error parsing its diagnostic message \"nonsense\n\":", 0)]
    [InlineData("echo '[]'", "failed to unmarshal raw result:", 999)]
    public void A_failed_add_names_the_plugin_and_caches_nothing(string body, string message, int code)
    {
        _host.AddPlugin("one", body);
        var failure = Assert.Throws<CniException>(() => _host.Runtime.Add(List(), Pod));
        Assert.StartsWith($"plugin type=\"one\" name=\"first\" failed (add): {message}", failure.Message, StringComparison.Ordinal);
        Assert.Equal(code, (int)failure.Code);
        Assert.Equal(["one ADD"], _host.Calls);
        Assert.False(Directory.Exists(_host.CacheDirectory));
    }

    [Fact]
    public void Names_are_checked_before_a_plugin_is_run()
    {
        foreach (var (attachment, code) in new[]
        {
            (Pod with { ContainerId = "" }, CniErrorCode.UnknownContainer),
            (Pod with { ContainerId = "../x" }, CniErrorCode.InvalidEnvironment),
            (Pod with { IfName = "a/b" }, CniErrorCode.InvalidEnvironment),
        })
            Assert.Equal(code, Assert.Throws<CniException>(() => _host.Runtime.Add(List(), attachment)).Code);
        Assert.Equal(
            $"plugin type=\"three\" failed (add): failed to find plugin \"three\" in path [{_host.PluginPath}]",
            Assert.Throws<CniException>(() => _host.Runtime.Add(NetworkList.Parse("""{"name":"n","plugins":[{"type":"three"}]}"""u8.ToArray()), Pod)).Message);
        Assert.Empty(_host.Calls);
    }

    [Fact]
    public void Check_hands_every_plugin_the_final_result()
    {
        _host.Runtime.Add(List(), Pod);
        _host.Forget();
        _host.Runtime.Check(List(), Pod);
        Assert.Equal(["one CHECK", "two CHECK"], _host.Calls);
        Assert.Equal("10.0.0.2/24", _host.InputJson("one", "CHECK").GetProperty("prevResult").GetProperty("ips")[0].GetProperty("address").GetString());
        _host.Forget();
        _host.Runtime.Check(List() with { DisableCheck = true }, Pod);
        Assert.Empty(_host.Calls);
        Assert.Equal(
            "configuration version \"0.3.1\" does not support the CHECK command",
            Assert.Throws<CniException>(() => _host.Runtime.Check(List() with { VersionText = "0.3.1" }, Pod)).Message);
    }

    [Fact]
    public void Gc_deletes_stale_attachments_and_tells_the_plugins_which_are_valid()
    {
        _host.Runtime.Add(List(), Pod);
        _host.Runtime.Add(List(), Pod with { ContainerId = "stale" });
        _host.Runtime.Add(List() with { Name = "net-other" }, Pod with { ContainerId = "elsewhere" });
        _host.Forget();
        _host.Runtime.Gc(List(), [new Cni.Attachment("cid", "eth0")]);
        Assert.Equal(["two DEL", "one DEL", "one GC", "two GC"], _host.Calls);
        Assert.Equal("stale", _host.Variables("one", "DEL")["CNI_CONTAINERID"]);
        Assert.Equal("IgnoreUnknown=1;K8S_POD_NAME=p", _host.Variables("one", "DEL")["CNI_ARGS"]);
        Assert.Equal("80", _host.InputJson("one", "DEL").GetProperty("runtimeConfig").GetProperty("portMappings")[0].GetProperty("hostPort").GetRawText());
        foreach (var key in new[] { "cni.dev/valid-attachments", "cni.dev/attachments" })
            Assert.Equal("""[{"containerID":"cid","ifname":"eth0"}]""", _host.InputJson("two", "GC").GetProperty(key).GetRawText());
        Assert.Equal(("", "", "", ""), _host.Variables("one", "GC") is var v ? (v["CNI_CONTAINERID"], v["CNI_NETNS"], v["CNI_IFNAME"], v["CNI_ARGS"]) : default);
        Assert.True(File.Exists(_host.CacheFile("net-cid-eth0")));
        Assert.False(File.Exists(_host.CacheFile("net-stale-eth0")));
        Assert.True(File.Exists(_host.CacheFile("net-other-elsewhere-eth0")));
    }

    [Fact]
    public void Gc_of_an_older_network_is_for_the_plugins_that_know_it()
    {
        _host.AddPlugin("one", """[ $CNI_COMMAND != VERSION ] || echo '{"cniVersion":"1.1.0","supportedVersions":["1.0.0","1.1.0"]}'""");
        var old = List() with { VersionText = "1.0.0" };
        _host.Runtime.Gc(old with { DisableGc = true }, []);
        Assert.Empty(_host.Calls);
        _host.Runtime.Gc(old, []);
        Assert.Equal(["one VERSION", "one GC", "two VERSION"], _host.Calls);
        Assert.Equal("1.1.0", _host.InputJson("one", "GC").GetProperty("cniVersion").GetString());
    }

    [Fact]
    public void Gc_goes_on_after_a_failure_and_reports_all()
    {
        _host.AddPlugin("one", "echo '{\"code\":999,\"msg\":\"broken\"}'; exit 1");
        _host.AddPlugin("two", "echo '{\"code\":11,\"msg\":\"busy\",\"details\":\"lock\"}'; exit 1");
        Assert.Equal(
            "plugin type=\"one\" name=\"first\" failed (gc): broken\nplugin type=\"two\" failed (gc): busy; lock",
            Assert.Throws<CniException>(() => _host.Runtime.Gc(List(), [])).Message);
    }

    [Fact]
    public void Status_stops_at_the_first_plugin_that_is_not_ready_and_keeps_its_code()
    {
        _host.Runtime.Status(List());
        Assert.Equal(["one STATUS", "two STATUS"], _host.Calls);
        _host.AddPlugin("one", "echo '{\"code\":50,\"msg\":\"no daemon\"}'; exit 1");
        _host.Forget();
        Assert.Equal(CniErrorCode.PluginNotAvailable, Assert.Throws<CniException>(() => _host.Runtime.Status(List())).Code);
        Assert.Equal(["one STATUS"], _host.Calls);
        _host.Forget();
        _host.Runtime.Status(List() with { VersionText = "1.0.0" });
        Assert.Empty(_host.Calls);
    }

    public void Dispose() => _host.Dispose();

    private static NetworkList List() => NetworkList.Parse(Encoding.UTF8.GetBytes(Conflist));
}
