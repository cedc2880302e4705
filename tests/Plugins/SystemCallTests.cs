using System.Text.Json;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>What the chain asks of the kernel: no program is run, and who has no ports does not touch netfilter.</summary>
public sealed class SystemCallTests
{
    [Fact]
    public void The_whole_chain_runs_no_program()
    {
        using var host = new Sandbox();
        Assert.SkipUnless(Tool.Exists("strace"), "there is no strace");
        var pod = host.AddPod();
        var (bridge, portmap) = (PortNetwork.Bridge(host), PortNetwork.Portmap(PortNetwork.Ports(8080)));

        var (calls, result) = Trace(host, "ADD", bridge, pod);
        Assert.Single(Programs(calls));
        portmap = CniCall.WithPrevious(portmap, JsonDocument.Parse(result).RootElement);
        (calls, _) = Trace(host, "ADD", portmap, pod);
        Assert.Single(Programs(calls));
        Assert.Contains(calls, call => call.Contains("NETLINK_NETFILTER", StringComparison.Ordinal));
        foreach (var verb in new[] { "CHECK", "DEL", "DEL" })
            Assert.Single(Programs(Trace(host, verb, portmap, pod).Calls));
        foreach (var verb in new[] { "DEL", "DEL" })
            Assert.Single(Programs(Trace(host, verb, bridge, pod).Calls));
        Assert.Empty(PortNetwork.OfPods(host));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("[]")]
    public void A_pod_without_ports_is_no_work_for_netfilter(string? ports)
    {
        using var host = new Sandbox();
        Assert.SkipUnless(Tool.Exists("strace"), "there is no strace");
        var pod = host.AddPod();
        var (_, result) = Trace(host, "ADD", PortNetwork.Bridge(host), pod);
        var before = PortNetwork.Rules(host);
        var portmap = CniCall.WithPrevious(PortNetwork.Portmap(ports), JsonDocument.Parse(result).RootElement);
        foreach (var verb in new[] { "ADD", "CHECK", "DEL" })
        {
            var calls = Trace(host, verb, portmap, pod).Calls;
            Assert.Single(Programs(calls));
            if (ports is not null || verb is not "DEL") // who does not say whether there were ports is looked for
                Assert.DoesNotContain(calls, call => call.Contains("AF_NETLINK", StringComparison.Ordinal));
        }

        Assert.Equal(before, PortNetwork.Rules(host));
    }

    private static IEnumerable<string> Programs(string[] calls) => calls.Where(call => call.Contains("execve", StringComparison.Ordinal));

    private static (string[] Calls, string Output) Trace(Sandbox host, string verb, string conf, string pod)
    {
        var cni = new CniCall(host);
        var log = Path.Combine(host.Directory, "strace");
        var plugin = Path.Combine(CniCall.OurBin, JsonDocument.Parse(conf).RootElement.GetProperty("type").GetString()!);
        var reply = cni.Execute(
            ["strace", "-f", "-qq", "-e", "trace=execve,execveat,socket", "-e", "signal=none", "-o", log, plugin],
            System.Text.Encoding.UTF8.GetBytes(conf),
            cni.VariablesFor(verb, "c1", pod));
        Assert.True(reply.ExitCode == 0, $"{verb} {plugin}: {reply.Output}{reply.Error}");
        return (File.ReadAllLines(log), reply.Output);
    }
}
