using System.Text.Json;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Unit;

/// <summary><c>cnitool ipam</c> on host-local's files.</summary>
public sealed class HostLocalToolTests : IDisposable
{
    private readonly HostLocalLab _lab = new();
    private readonly string _networks;
    private readonly string _cache;

    public HostLocalToolTests()
    {
        _networks = Directory.CreateDirectory(Path.Combine(_lab.DataDir, "net.d")).FullName;
        _cache = Path.Combine(_lab.DataDir, "cache");
        File.WriteAllText(
            Path.Combine(_networks, "10.conflist"),
            $$$"""{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"bridge","ipam":{"type":"host-local","dataDir":"{{{_lab.DataDir}}}","subnet":"10.1.0.0/29"}},{"type":"portmap"}]}""");
    }

    [Fact]
    public void Show_counts_the_ranges_and_names_the_owners()
    {
        _lab.Add("c1");
        _lab.Plant("10.1.0.5", "upstream\r\neth1");
        var (exitCode, output, _) = Tool("show", "n", "--show-addresses");
        Assert.Equal(0, exitCode);
        Assert.StartsWith($"n: host-local in {_lab.Network}\nRANGE ", output, StringComparison.Ordinal);
        Assert.Matches(@"10\.1\.0\.1-10\.1\.0\.6 +3 +6 +#{10}\.{10} +50 %", output); // the gateway is nobody else's
        Assert.Matches(@"10\.1\.0\.2 +c1/eth0 +netns=/run/netns/none-such \(gone\) +age=", output);
        Assert.Matches(@"10\.1\.0\.5 +upstream/eth1 +by=another program", output);
        var json = JsonDocument.Parse(Tool("show", "--json").Output).RootElement[0];
        Assert.Equal(3, json.GetProperty("stocks")[0].GetProperty("used").GetInt32());
        Assert.Equal((1, 0), (Tool("show", "n", "--ip", "10.1.0.6").ExitCode, Tool("show", "n", "--ip", "10.1.0.5").ExitCode));
    }

    [Fact]
    public void Check_tells_leaks_and_living_apart_and_release_takes_back_what_is_leaked_still()
    {
        var (living, leaked, again) = (_lab.Add("living"), _lab.Add("leaked"), _lab.Add("again"));
        CalicoLab.Remember(_cache, "n", "living", living);
        _lab.Plant("10.1.0.6", "");
        var report = Path.Combine(_lab.DataDir, "report.json");
        Assert.Equal(1, Tool("check", "n").ExitCode); // only the empty file: the others are too young to be missed
        var (exitCode, output, _) = Tool("check", "n", "--grace", "0", "--output", report);
        Assert.Equal(1, exitCode);
        Assert.Contains($"{leaked}: reserved for leaked/eth0, whose namespace /run/netns/none-such is gone", output, StringComparison.Ordinal);
        Assert.Contains("empty file: 1", output, StringComparison.Ordinal);
        Assert.DoesNotContain(living, output, StringComparison.Ordinal);

        _lab.Del("again");
        _lab.Add("again"); // it has another address now, or the same one a second time: not what the report saw
        Assert.Equal(1, Tool("release", "n", "--from-report", report).ExitCode);
        Assert.Contains("released", Tool("release", "n", "--from-report", report, "--yes").Output, StringComparison.Ordinal);
        Assert.DoesNotContain(leaked, _lab.Files.Split(' '));
        Assert.Contains(living, _lab.Files.Split(' '));
        Assert.Contains("again", string.Join(' ', _lab.Files.Split(' ').Select(_lab.PathOf).Select(File.ReadAllText)), StringComparison.Ordinal);
        Assert.NotEqual(again, leaked);
    }

    [Fact]
    public void What_upstream_reserved_is_judged_by_the_runtimes_cache_alone()
    {
        _lab.Plant("10.1.0.4", "old\r\neth0");
        Assert.Equal(0, Tool("check", "n").ExitCode); // no cache: nothing can be said
        CalicoLab.Remember(_cache, "n", "other", "10.1.0.5");
        var output = Tool("check", "n").Output;
        Assert.Contains("10.1.0.4: reserved for old/eth0, which the runtime does not know", output, StringComparison.Ordinal);
        Assert.Contains("10.1.0.5: other/eth0 has it, and the next pod may get it too", output, StringComparison.Ordinal);
        CalicoLab.Remember(_cache, "n", "second", "10.1.0.4");
        Assert.Contains("10.1.0.4: second/eth0 has it, but it is reserved for old/eth0", Tool("check", "n").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_namespace_that_cannot_be_reached_is_not_gone()
    {
        var netns = Path.Combine(_lab.DataDir, "loop");
        File.CreateSymbolicLink(netns, netns);
        _lab.Call("ADD", "c1", netns: netns);
        var (exitCode, output, _) = Tool("check", "n", "--grace", "0");
        Assert.True(exitCode == 0, output);
        Assert.DoesNotContain("(gone)", Tool("show", "n", "--show-addresses").Output, StringComparison.Ordinal);

        File.Delete(netns);
        Assert.Contains($"whose namespace {netns} is gone", Tool("check", "n", "--grace", "0").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_is_released_by_name_with_a_yes()
    {
        var address = _lab.Add("c1");
        Assert.Equal(1, Tool("release", "n", address).ExitCode);
        Assert.Equal(address, _lab.Files);
        Assert.Equal((0, $"{address}: held by c1/eth0\n{address}: released\n"), Tool("release", "n", address, "--yes") is var done ? (done.ExitCode, done.Output) : default);
        Assert.Equal(1, Tool("release", "n", address, "--yes").ExitCode);
        Assert.Equal("", _lab.Files);
        Assert.Equal("10.1.0.3", _lab.Add("c2")); // and the plugin goes on
    }

    [Fact]
    public void A_directory_can_be_named_without_a_configuration()
    {
        _lab.Add("c1");
        Assert.Contains("10.1.0.2", Tool("show", "n", "--data-dir", _lab.DataDir, "--show-addresses").Output, StringComparison.Ordinal);
        Assert.Equal("cnitool: no net configuration with name \"m\" in " + _networks + "\n", Tool("show", "m").Error);
        Assert.StartsWith("cnitool: network n has no pools", Tool("pool", "list", "n").Error, StringComparison.Ordinal);
    }

    public void Dispose() => _lab.Dispose();

    private (int ExitCode, string Output, string Error) Tool(params string[] arguments) => CalicoLab.Tool(_networks, _cache, ["ipam", .. arguments]);
}
