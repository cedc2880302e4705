using System.Text.Json;
using CniPlugins.Cnitool;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>cnitool's command line (cnitool/cmd/root.go), run in this process with plugins that write down how they were called.</summary>
public sealed class CnitoolTests : IDisposable
{
    private readonly FakeHost _host = new();
    private readonly Dictionary<string, string> _environment;

    public CnitoolTests()
    {
        _environment = new() { ["NETCONFPATH"] = _host.ConfigPath, ["CNI_PATH"] = _host.PluginPath, ["PATH"] = "/usr/bin:/bin" };
        _host.AddPlugin("one", 1, "0.4.0");
        _host.AddPlugin("two", 2, "0.4.0");
        _host.WriteConfig("10.conflist", """{"cniVersion":"0.4.0","name":"net","plugins":[{"type":"one","capabilities":{"mac":true}},{"type":"two"}]}""");
        _host.WriteConfig("20.conflist", """{"cniVersion":"1.1.0","name":"new","plugins":[{"type":"one"}]}""");
    }

    [Fact]
    public void The_container_id_is_cut_from_the_hash_of_the_namespaces_path() =>
        Assert.Equal("cnitool-77383ca0a0715733ca6f", ToolSettings.ContainerIdOf("/var/run/netns/testing"));

    [Fact]
    public void Add_prints_the_last_result_in_its_own_version_without_a_line_break()
    {
        var (exitCode, output, error) = Run("add", "net", "/var/run/netns/testing");
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Equal(
            """
            {
                "cniVersion": "0.4.0",
                "ips": [
                    {
                        "version": "4",
                        "address": "10.0.0.2/24"
                    }
                ],
                "dns": {}
            }
            """, output);
        Assert.Equal("cnitool-77383ca0a0715733ca6f", _host.Variables("one", "ADD")["CNI_CONTAINERID"]);
        Assert.True(File.Exists(_host.CacheFile("net-cnitool-77383ca0a0715733ca6f-eth0")));
    }

    [Fact]
    public void The_environment_says_what_the_command_line_does_not()
    {
        _environment["CNI_ARGS"] = "A=1;B=2";
        _environment["CAP_ARGS"] = """{"mac":"02:00:00:00:00:01"}""";
        _environment["CNI_IFNAME"] = "net0";
        Assert.Equal(0, Run("add", "net", "relative").ExitCode);
        var variables = _host.Variables("one", "ADD");
        Assert.Equal(("A=1;B=2", "net0", Path.GetFullPath("relative")), (variables["CNI_ARGS"], variables["CNI_IFNAME"], variables["CNI_NETNS"]));
        Assert.Equal("""{"mac":"02:00:00:00:00:01"}""", _host.InputJson("one", "ADD").GetProperty("runtimeConfig").GetRawText());
        Assert.Equal(0, Run("add", "net", "/n", "-i", "net7").ExitCode);
        Assert.Equal("net7", _host.Variables("one", "ADD")["CNI_IFNAME"]);
        Assert.Equal(0, Run("add", "net", "/n", "--ifname", "net8").ExitCode);
        Assert.Equal("net8", _host.Variables("one", "ADD")["CNI_IFNAME"]);
        _environment["CNI_IFNAME"] = "";
        Assert.Equal(0, Run("add", "net", "/n").ExitCode);
        Assert.Equal("eth0", _host.Variables("one", "ADD")["CNI_IFNAME"]);
    }

    [Theory]
    [InlineData("CNI_ARGS", "A", "cnitool: invalid CNI_ARGS pair \"A\"\n")]
    [InlineData("CNI_ARGS", "A=1;", "cnitool: invalid CNI_ARGS pair \"\"\n")]
    [InlineData("CNI_ARGS", "A=b=c", "cnitool: invalid CNI_ARGS pair \"A=b=c\"\n")]
    [InlineData("CNI_ARGS", "=b", "cnitool: invalid CNI_ARGS pair \"=b\"\n")]
    [InlineData("CAP_ARGS", "[]", "cnitool: CAP_ARGS is not a JSON object: json: cannot unmarshal array into Go value of type map[string]interface {}\n")]
    public void A_bad_variable_is_one_clear_line(string name, string value, string message)
    {
        _environment[name] = value;
        Assert.Equal((1, "", message), Run("add", "net", "/n"));
        Assert.Empty(_host.Calls);
    }

    [Fact]
    public void Check_and_del_are_silent()
    {
        Run("add", "net", "/n");
        _host.Forget();
        Assert.Equal((0, "", ""), Run("check", "net", "/n"));
        Assert.Equal((0, "", ""), Run("del", "net", "/n"));
        Assert.Equal(["one CHECK", "two CHECK", "two DEL", "one DEL"], _host.Calls);
    }

    [Theory]
    [InlineData("check", "CHECK")]
    [InlineData("del", "DEL")]
    public void Who_names_no_arguments_means_those_of_add(string verb, string command)
    {
        _environment["CNI_ARGS"] = "A=1;B=2";
        _environment["CAP_ARGS"] = """{"mac":"02:00:00:00:00:01"}""";
        Assert.Equal(0, Run("add", "net", "/n").ExitCode);
        _environment["CNI_ARGS"] = _environment["CAP_ARGS"] = "";
        Assert.Equal((0, "", ""), Run(verb, "net", "/n"));
        Assert.Equal("A=1;B=2", _host.Variables("one", command)["CNI_ARGS"]);
        Assert.Equal("""{"mac":"02:00:00:00:00:01"}""", _host.InputJson("one", command).GetProperty("runtimeConfig").GetRawText());

        _environment["CNI_ARGS"] = "C=3";
        _environment["CAP_ARGS"] = """{"mac":"02:00:00:00:00:02"}""";
        Run("add", "net", "/n");
        _environment["CNI_ARGS"] = "D=4";
        _environment["CAP_ARGS"] = """{"mac":"02:00:00:00:00:03"}""";
        Assert.Equal(0, Run(verb, "net", "/n").ExitCode);
        Assert.Equal("D=4", _host.Variables("one", command)["CNI_ARGS"]);
        Assert.Equal("""{"mac":"02:00:00:00:00:03"}""", _host.InputJson("one", command).GetProperty("runtimeConfig").GetRawText());
    }

    [Fact]
    public void Below_0_4_0_too_del_has_the_arguments_of_add()
    {
        _host.WriteConfig("05.conflist", """{"cniVersion":"0.3.1","name":"old","plugins":[{"type":"one","capabilities":{"mac":true}}]}""");
        _environment["CAP_ARGS"] = """{"mac":"02:00:00:00:00:01"}""";
        Assert.Equal(0, Run("add", "old", "/n").ExitCode);
        _environment["CAP_ARGS"] = "";
        Assert.Equal((0, "", ""), Run("del", "old", "/n"));
        Assert.False(_host.InputJson("one", "DEL").TryGetProperty("prevResult", out _));
        Assert.Equal("""{"mac":"02:00:00:00:00:01"}""", _host.InputJson("one", "DEL").GetProperty("runtimeConfig").GetRawText());
    }

    [Theory]
    [InlineData("-i", "net1", "add", "net", "/n")]
    [InlineData("--ifname", "net1", "add", "net", "/n")]
    [InlineData("--ifname=net1", "add", "net", "/n")]
    [InlineData("-i", "net9", "add", "net", "/n", "-i", "net1")]
    public void Options_may_stand_before_the_verb(params string[] arguments)
    {
        _environment["CNI_IFNAME"] = "net7";
        Assert.Equal((0, ""), Run(arguments) is var (exitCode, _, error) ? (exitCode, error) : default);
        Assert.Equal("net1", _host.Variables("one", "ADD")["CNI_IFNAME"]);
    }

    [Fact]
    public void Without_CNI_PATH_plugins_are_looked_for_where_they_are_installed()
    {
        _environment["CNI_PATH"] = "";
        _host.WriteConfig("05.conflist", """{"cniVersion":"1.0.0","name":"other","plugins":[{"type":"no-such-plugin"}]}""");
        var (exitCode, _, error) = Run("add", "other", "/n");
        Assert.Equal(1, exitCode);
        Assert.Contains("failed to find plugin \"no-such-plugin\" in path [/opt/cni/bin]; CNI_PATH says where plugins are\n", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.1.0")]
    [InlineData("0.2.0")]
    public void A_result_without_addresses_is_remembered_and_printed_as_it_came(string version)
    {
        _host.AddPlugin("bare", $$"""if [ $CNI_COMMAND = ADD ]; then echo '{"cniVersion":"{{version}}","interfaces":[{"name":"lo"}],"ips":[{"address":"127.0.0.1/8"}],"dns":{ } }'; fi""");
        _host.WriteConfig("05.conflist", $$"""{"cniVersion":"{{version}}","name":"lo","plugins":[{"type":"bare"},{"type":"bare"}]}""");
        var (exitCode, output, error) = Run("add", "lo", "/n", "-i", "lo");
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Equal($"{{\n    \"cniVersion\": \"{version}\",\n    \"dns\": {{}}\n}}", output);
        Assert.Equal(version, _host.InputJson("bare", "ADD").GetProperty("prevResult").GetProperty("cniVersion").GetString());
        Assert.Equal((0, "", ""), Run("del", "lo", "/n", "-i", "lo"));
    }

    [Fact]
    public void A_failed_add_is_taken_back()
    {
        _host.AddPlugin("two", """if [ $CNI_COMMAND = ADD ]; then echo '{"code":7,"msg":"bad","details":"because"}'; exit 1; fi""");
        var (exitCode, output, error) = Run("add", "net", "/n");
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Equal(
            "cnitool: plugin type=\"two\" failed (add): bad; because\ncnitool: add failed, so del was run to take back what it left\n", error);
        Assert.Equal(["one ADD", "two ADD", "two DEL", "one DEL"], _host.Calls);
    }

    [Fact]
    public void A_failed_add_does_not_take_away_what_was_there_before()
    {
        _host.AddPlugin("one", "echo '{\"code\":999,\"msg\":\"exists\"}'; exit 1");
        Assert.SkipWhen(Environment.UserName != "root", "entering a network namespace needs root");
        var (exitCode, _, error) = Run("add", "net", "/proc/self/ns/net", "-i", "lo");
        Assert.Equal(1, exitCode);
        Assert.EndsWith("\ncnitool: lo was there before add, so nothing is taken back\n", error, StringComparison.Ordinal);
        Assert.Equal(["one ADD"], _host.Calls);
    }

    [Fact]
    public void Gc_takes_what_is_dead_and_not_kept_and_a_dry_run_prints_the_same()
    {
        Run("add", "new", "/a");
        Run("add", "new", "/b");
        var (kept, dead) = (ToolSettings.ContainerIdOf("/a"), ToolSettings.ContainerIdOf("/b"));
        var expected = $"cached result of {dead}/eth0: its namespace /b is gone\n";
        Assert.Equal((0, expected, ""), Run("gc", "new", "--dry-run", "--keep", $"{kept}/eth0"));
        Assert.Equal(2, CacheFiles().Count());
        Assert.Equal((0, expected, ""), Run("gc", "new", "--keep", $"{kept}/eth0"));
        Assert.Equal([$"new-{kept}-eth0"], CacheFiles());
        Assert.Equal($$"""[{"containerID":"{{kept}}","ifname":"eth0"}]""", _host.InputJson("one", "GC").GetProperty("cni.dev/valid-attachments").GetRawText());
        Assert.Equal(0, Run("gc", "new", "/a").ExitCode);
        Assert.Empty(CacheFiles());
        Assert.Equal((0, "nothing to take\n", ""), Run("gc", "new"));
        Assert.Equal((1, "", "cnitool: --keep x: expected CONTAINERID/IFNAME\n"), Run("gc", "new", "--keep", "x"));
    }

    [Fact]
    public void Trace_says_of_every_plugin_what_it_read_and_answered_and_when()
    {
        var (exitCode, output, error) = Run("trace", "add", "new", "/a");
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Matches(@"^add: [0-9.]+ ms, 1 call\n  one ADD +[0-9.]+ ms  \|#+\|\n    stdin   \{.*""name"":""new"".*\}\n    result  \{.*""ips"":.*\}\n$", output);
        Assert.Single(CacheFiles());
        using var document = JsonDocument.Parse(Run("trace", "del", "new", "/a", "--json").Output);
        var call = document.RootElement.GetProperty("calls")[0];
        Assert.Equal(("one", "DEL", 0), (call.GetProperty("plugin").GetString(), call.GetProperty("command").GetString(), call.GetProperty("exitCode").GetInt32()));
        Assert.Equal("new", call.GetProperty("stdin").GetProperty("name").GetString());
        Assert.True(call.GetProperty("duration").GetDouble() > 0);
        Assert.Empty(CacheFiles());
    }

    [Fact]
    public void Verbose_traces_on_stderr_also_what_fails()
    {
        _host.AddPlugin("one", "echo why >&2; echo '{\"code\":7,\"msg\":\"broken\"}'; exit 1");
        var (exitCode, output, error) = Run("check", "new", "/a", "--verbose");
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Matches(@"\n  one CHECK +[0-9.]+ ms  \|#+\|  failed\n    stdin   .*\n    stderr  why\n    error   \{""code"":7,""msg"":""broken""\}\n", error);
        Assert.EndsWith("cnitool: plugin type=\"one\" failed (check): broken\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_namespace_may_be_called_by_its_name()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        Assert.Equal(0, Run("add", "new", Path.GetFileName(pod)).ExitCode);
        Assert.Equal((pod, ToolSettings.ContainerIdOf(pod)), _host.Variables("one", "ADD") is var seen ? (seen["CNI_NETNS"], seen["CNI_CONTAINERID"]) : default);
    }

    [Fact]
    public void A_broken_file_is_named_and_keeps_nobody_from_the_other_networks()
    {
        var broken = _host.WriteConfig("05.conflist", "{");
        var (exitCode, _, error) = Run("add", "new", "/a");
        Assert.Equal(0, exitCode);
        Assert.StartsWith($"cnitool: {broken} is passed over: ", error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Status_of_an_older_network_says_that_nobody_was_asked_and_misses_plugins()
    {
        var (exitCode, output, error) = Run("status", "net");
        Assert.Equal((0, ""), (exitCode, output));
        Assert.StartsWith("cnitool: net is of version 0.4.0: STATUS came with 1.1.0", error, StringComparison.Ordinal);
        Assert.Empty(_host.Calls);
        _host.WriteConfig("30.conflist", """{"cniVersion":"0.4.0","name":"lost","plugins":[{"type":"nowhere"}]}""");
        Assert.Equal(1, Run("status", "lost").ExitCode);
    }

    [Fact]
    public void Gc_takes_all_only_from_who_says_yes()
    {
        Run("add", "new", "/a");
        Assert.Equal(1, Run("gc", "new", "--all").ExitCode);
        Assert.Single(CacheFiles());
        Assert.Equal(0, Run("gc", "new", "--all", "--yes").ExitCode);
        Assert.Empty(CacheFiles());
    }

    [Theory]
    [InlineData("gc", "new", "--dry")]
    [InlineData("gc", "new", "all")]
    [InlineData("status", "new", "--dry-run")]
    [InlineData("status", "new", "/n", "/m")]
    [InlineData("del", "new", "/a", "/b")]
    public void What_a_verb_does_not_know_is_an_error_and_nothing_is_done(params string[] words)
    {
        Run("add", "new", "/a");
        _host.Forget();
        var (exitCode, output, error) = Run(words);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Matches($"^cnitool: .*; see cnitool {words[0]} --help\n$", error);
        Assert.Empty(_host.Calls);
        Assert.Single(CacheFiles());
    }

    [Fact]
    public void Status_takes_a_namespace_or_none()
    {
        Assert.Equal((0, "", ""), Run("status", "new"));
        Assert.Equal((0, "", ""), Run("status", "new", "/n"));
        Assert.Equal(["one STATUS", "one STATUS"], _host.Calls);
    }

    [Fact]
    public void An_unknown_verb_or_a_missing_argument_is_one_line_that_says_where_to_read_on()
    {
        foreach (var arguments in new string[][] { ["bogus"], ["add"], ["add", "net"], ["ipam", "pool"] })
        {
            var (exitCode, output, error) = Run(arguments);
            Assert.Equal((2, ""), (exitCode, output));
            Assert.Matches("^cnitool: .*; see cnitool.* --help\\n$", error);
        }

        Assert.Contains("see cnitool ipam pool --help", Run("ipam", "pool").Error, StringComparison.Ordinal);
        Assert.Equal("cnitool: unknown command 'bogus'; see cnitool --help\n", Run("bogus").Error);
        Assert.Equal("cnitool: unknown command 'x'; see cnitool ipam --help\n", Run("ipam", "x").Error);
        Assert.Equal((2, ""), Run() is var nothing ? (nothing.ExitCode, nothing.Output) : default);
        Assert.Contains("Usage:", Run().Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_command_explains_itself_with_an_example()
    {
        foreach (var verb in new[] { "add", "check", "del", "gc", "status", "trace", "doctor", "why", "metrics", "repair", "list", "validate", "topology" })
        {
            var (exitCode, output, _) = Run(verb, "--help");
            Assert.Equal(0, exitCode);
            Assert.Contains("Example:", output, StringComparison.Ordinal);
            Assert.Contains($"cnitool {verb}", output, StringComparison.Ordinal);
        }

        Assert.Equal(2, Run("--help").Output.Split("Example:").Length);
    }

    [Fact]
    public void A_network_that_is_not_there_is_one_clear_line() =>
        Assert.Equal((1, "", $"cnitool: no net configuration with name \"none\" in {_host.ConfigPath}\n"), Run("add", "none", "/n"));

    [Fact]
    public void List_shows_every_file_the_default_and_what_is_wrong()
    {
        _host.WriteConfig("05.conf", "{");
        _host.WriteConfig("30.conflist", """{"cniVersion":"1.0.0","name":"net","plugins":[{"type":"three"}]}""");
        Assert.Equal(
            $"""
               NAME  VERSION  PLUGINS    FILE
               -     -        -          05.conf
               ! error parsing configuration: unexpected end of JSON input
            *  net   0.4.0    one > two  10.conflist
               new   1.1.0    one        20.conflist
               net   1.0.0    three      30.conflist
               ! has the same name as 10.conflist
               ! failed to find plugin "three" in path [{_host.PluginPath}]

            """, Run("list").Output);
        var rows = JsonDocument.Parse(Run("list", "--json").Output).RootElement;
        Assert.Equal([false, true, false, false], rows.EnumerateArray().Select(row => row.GetProperty("default").GetBoolean()));
        Assert.Equal("two", rows[1].GetProperty("plugins")[1].GetString());
        Assert.Equal(2, rows[3].GetProperty("problems").GetArrayLength());
        _host.WriteConfig("40.conf", """{"type":"one"}""");
        Assert.EndsWith("   ! the network has no name\n", Run("list").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"one","ipam":{"type":"gone"}}""", "\"gone\"")]
    [InlineData("""{"type":"one","ipam":{"type":"two"}}""", null)]
    [InlineData("""{"type":"one","ipam":7}""", null)]
    [InlineData("""{"type":"flannel"}""", "\"flannel\" \"host-local\" \"bridge\"")]
    [InlineData("""{"type":"flannel","delegate":{"type":"one"},"ipam":{"type":"two"}}""", "\"flannel\"")]
    public void List_names_what_is_missing_of_the_plugins_that_plugins_ask_too(string plugin, string? missing)
    {
        _host.WriteConfig("40.conflist", $$"""{"cniVersion":"1.0.0","name":"other","plugins":[{{plugin}}]}""");
        var row = JsonDocument.Parse(Run("list", "--json").Output).RootElement.EnumerateArray().Single(row => row.GetProperty("name").GetString() == "other");
        Assert.Equal(
            missing?.Split(' ').Select(type => $"failed to find plugin {type} in path [{_host.PluginPath}]") ?? [],
            row.TryGetProperty("problems", out var problems) ? problems.EnumerateArray().Select(problem => problem.GetString()!) : []);
    }

    [Fact]
    public void Validate_fails_for_errors_only()
    {
        _environment.Remove("CNI_PATH");
        var file = _host.WriteConfig("x/10.conflist", """{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"bridge","mtuu":1}]}""");
        _host.WriteConfig("x/n/50.conf", """{"type":"tuning"}""");
        Assert.Equal(
            (0, $"$.plugins[0].mtuu: warning: unknown key; did you mean \"mtu\"?\nnetwork n: bridge > tuning\n{file}: 0 errors, 1 warning\n", ""),
            Run("validate", file));
        Assert.Equal(
            """{"severity":"warning","path":"$.plugins[0].mtuu","message":"unknown key; did you mean \"mtu\"?"}""",
            JsonSerializer.Serialize(JsonDocument.Parse(Run("validate", file, "--json").Output).RootElement[0], JsonSerializerOptions.Web).Replace("\\u0022", "\\\"", StringComparison.Ordinal));
        Assert.Equal((1, "$: error reading /none: open /none: no such file or directory\n/none: 1 error, 0 warnings\n", ""), Run("validate", "/none"));
    }

    public void Dispose() => _host.Dispose();

    private IEnumerable<string?> CacheFiles() => Directory.GetFiles(Path.GetDirectoryName(_host.CacheFile("x"))!).Select(Path.GetFileName);

    private (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        string[] hidden = arguments.Any(word => word is "add" or "check" or "del" or "gc" or "status") && arguments.Length > 1 && !arguments.Contains("--help") ? ["--cache-dir", _host.CacheDirectory] : [];
        var exitCode = new CommandLine(_environment, output, error).Run([.. arguments, .. hidden]);
        return (exitCode, output.ToString(), error.ToString());
    }
}
