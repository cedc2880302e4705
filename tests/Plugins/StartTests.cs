using System.Text;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>What common/Start leaves out of a start is left out of the published executables, and nobody misses it.</summary>
public sealed class StartTests
{
    [Theory]
    [InlineData("bridge")]
    [InlineData("calico-ipam")]
    public void A_start_has_one_thread_and_reads_nothing_of_proc_and_sys(string plugin)
    {
        using var host = new Sandbox();
        Assert.SkipUnless(Tool.Exists("strace"), "there is no strace");
        var log = Path.Combine(host.Directory, "strace");

        var reply = new CniCall(host).Execute(["strace", "-f", "-qq", "-e", "signal=none", "-o", log, $"{CniCall.OurBin}/{plugin}"], [], Version);

        Assert.True(reply.ExitCode == 0, reply.Error);
        var calls = File.ReadAllLines(log);
        Assert.DoesNotContain(calls, call => call.Contains("clone", StringComparison.Ordinal));
        Assert.DoesNotContain(calls, call => call.Contains("\"/proc/", StringComparison.Ordinal) || call.Contains("cgroup", StringComparison.Ordinal));
        Assert.DoesNotContain(calls, call => call.Contains("/sys/devices/system/node", StringComparison.Ordinal));
        Assert.True(calls.Count(call => call.Contains(" mprotect(", StringComparison.Ordinal)) <= 6, $"the heap commits piece by piece: {string.Join('\n', calls)}");
    }

    /// <summary>The collector must find every object that a stack of unusual size, or one below a large environment, holds.</summary>
    [Theory]
    [InlineData("ulimit -s unlimited")]
    [InlineData("ulimit -s 1024")]
    [InlineData("ulimit -s 65536")]
    [InlineData("export LARGE=$(head -c 100000 /dev/zero | tr '\\0' x)")]
    public void Garbage_is_collected_on_every_kind_of_stack(string circumstance)
    {
        using var host = new Sandbox();
        var members = string.Join(',', Enumerable.Range(0, 400_000).Select(i => $"\"k{i}\":[{i}]"));
        var conf = $$"""{"cniVersion":"1.0.0","name":"n","type":"host-local",{{members}},"ipam":{"type":"host-local","dataDir":"{{host.Directory}}","subnet":"10.1.0.0/24"} }""";
        var variables = new CniCall(host).VariablesFor("ADD", "c1", "/run/netns/c1");

        var reply = new CniCall(host).Execute(["sh", "-c", $"{circumstance}; exec {CniCall.OurBin}/host-local"], Encoding.UTF8.GetBytes(conf), variables);

        Assert.True(reply.ExitCode == 0, reply.Output + reply.Error);
        Assert.Contains("10.1.0.2/24", reply.Output, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Version => new() { ["CNI_COMMAND"] = "VERSION" };
}
