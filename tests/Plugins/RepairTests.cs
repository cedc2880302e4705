using CniPlugins.Cnitool;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>cnitool repair: what somebody's <c>nft flush ruleset</c> took from living pods comes back from the runtime's memory of them.</summary>
public sealed class RepairTests
{
    [Theory]
    [InlineData("", "flush ruleset")]
    [InlineData("", "flush table inet cni_plugins")]
    [InlineData("", "flush table bridge cni_plugins")]
    [InlineData("", "delete table bridge cni_plugins")]
    [InlineData("iptables", "flush ruleset")]
    public void Rules_come_back_as_they_were_and_once_more_changes_nothing(string backend, string damage)
    {
        using var host = new Sandbox();
        var (pod, other) = (host.AddPod(), host.AddPod());
        var (runtime, conf) = (new ChainCall(host), Chain(host, backend));
        runtime.Add(conf, "c1", pod, PortNetwork.Ports(8080));
        runtime.Add(conf, "c2", other, PortNetwork.Ports(8081));
        var before = PortNetwork.Rules(host);

        host.InHost("nft", damage.Split(' '));
        Assert.NotEqual(before, PortNetwork.Rules(host));
        Assert.ThrowsAny<Exception>(() => runtime.Check(conf, "c1", pod, PortNetwork.Ports(8080)));
        var damaged = PortNetwork.Rules(host);
        Assert.Matches("^net1 c1/eth0: to repair: [a-z]+: .+\n", Repair(host, runtime, dryRun: true).Output);
        Assert.Equal(damaged, PortNetwork.Rules(host));
        var repaired = Repair(host, runtime);
        Assert.Equal((0, ""), (repaired.ExitCode, repaired.Error));
        Assert.Matches("^net1 c1/eth0: repaired: [a-z]+: .+\nnet1 c2/eth0: (repaired: .+|nothing to do)\n$", repaired.Output);
        Assert.Equal(before, PortNetwork.Rules(host));
        Assert.Equal((0, "net1 c1/eth0: nothing to do\nnet1 c2/eth0: nothing to do\n", ""), Repair(host, runtime, "net1"));
        Assert.Equal(before, PortNetwork.Rules(host));

        runtime.Check(conf, "c1", pod, PortNetwork.Ports(8080));
        runtime.Del(conf, "c1", pod, PortNetwork.Ports(8080));
        runtime.Del(conf, "c2", other, PortNetwork.Ports(8081));
        Assert.Empty(PortNetwork.OfPods(host));
    }

    [Fact]
    public void Only_living_pods_of_the_network_are_repaired()
    {
        using var host = new Sandbox();
        var (gone, alive) = (host.AddPod(), host.AddPod());
        var (runtime, conf) = (new ChainCall(host), Chain(host, ""));
        runtime.Add(conf, "c1", gone, PortNetwork.Ports(8080));
        runtime.Add(conf, "c2", alive, PortNetwork.Ports(8081));
        host.RemovePod(gone);
        host.InHost("nft", "flush", "ruleset");

        Assert.StartsWith("cnitool: no net configuration", Repair(host, runtime, "net2").Error, StringComparison.Ordinal);
        Assert.Empty(PortNetwork.Rules(host));
        Assert.Matches("^net1 c1/eth0: gone, nothing to repair\nnet1 c2/eth0: repaired: .+\n$", Repair(host, runtime).Output);
        Assert.DoesNotContain("id: c1", PortNetwork.Rules(host), StringComparison.Ordinal);
        runtime.Check(conf, "c2", alive, PortNetwork.Ports(8081));
    }

    [Fact]
    public void Plugins_of_others_are_named_and_left_alone_and_what_fails_does_not_stop_the_rest()
    {
        using var host = new Sandbox();
        var (broken, alive) = (host.AddPod(), host.AddPod());
        var (runtime, conf) = (new ChainCall(host), Chain(host, ""));
        runtime.Add(conf, "c1", broken, PortNetwork.Ports(8080));
        runtime.Add(conf, "c2", alive, PortNetwork.Ports(8081));
        Sandbox.PodIp(broken, "addr del 10.1.0.2/24 dev eth0");
        var (exitCode, output, error) = Repair(host, runtime);
        Assert.Equal((1, "net1 c2/eth0: nothing to do\n"), (exitCode, output));
        Assert.StartsWith("cnitool: net1 c1/eth0: plugin type=\"bridge\" failed (repair): ", error, StringComparison.Ordinal);

        (exitCode, output, _) = Repair(host, runtime, path: CniCall.UpstreamBin);
        Assert.Equal(0, exitCode);
        Assert.Contains("net1 c2/eth0: nothing to do, but for bridge, portmap, firewall: not of this suite\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Uninstall_takes_our_executables_and_tables_and_nothing_else()
    {
        using var host = new Sandbox();
        new ChainCall(host).Add(Chain(host, ""), "c1", host.AddPod(), PortNetwork.Ports(8080));
        host.InHost("nft", "add", "table", "inet", "theirs");
        var script = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "scripts", "install.sh"));
        var bin = Path.Combine(host.Directory, "bin");
        Assert.SkipUnless(File.Exists(Path.Combine(CniCall.OurBin, "cnitool")), "no cnitool: run scripts/build.sh");
        host.InHost("sh", script, bin);
        File.WriteAllText(Path.Combine(bin, "third-party"), "theirs");
        File.Delete(Path.Combine(bin, "ptp"));
        File.WriteAllText(Path.Combine(bin, "ptp"), "theirs");

        host.InHost("sh", script, "--uninstall", bin);
        Assert.Equal(["ptp", "third-party"], Directory.GetFiles(bin).Select(Path.GetFileName).Order());
        Assert.Equal("table inet theirs\n", host.InHost("nft", "list", "tables"));
    }

    /// <summary>Everything that writes rules: masquerade, MAC checks, ports, firewall.</summary>
    private static string Chain(Sandbox host, string backend) => PortNetwork.Chain(host, backend)
        .Replace("\"ipMasq\":true", "\"ipMasq\":true,\"macspoofchk\":true", StringComparison.Ordinal)
        .Replace("\"snat\":true}]}", $"\"snat\":true}},{{\"type\":\"firewall\"{(backend.Length == 0 ? "" : $",\"backend\":\"{backend}\"")}}}]}}", StringComparison.Ordinal);

    private static (int ExitCode, string Output, string Error) Repair(Sandbox host, ChainCall runtime, string? network = null, string? path = null, bool dryRun = false)
    {
        using var netns = host.OpenHost();
        using var output = new StringWriter();
        using var error = new StringWriter();
        var environment = new Dictionary<string, string> { ["CNI_PATH"] = path ?? CniCall.OurBin, ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "" };
        string[] arguments = ["repair", .. network is null ? [] : new[] { network }, .. dryRun ? ["--dry-run"] : Array.Empty<string>(), "--cache-dir", runtime.CacheDirectory];
        var exitCode = netns.Run(() => new CommandLine(environment, output, error).Run(arguments));
        return (exitCode, output.ToString(), error.ToString());
    }
}
