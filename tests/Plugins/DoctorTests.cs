using System.Text.Json;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>cnitool doctor: silent on a sound host; each fault, made by hand, is named with what mends it, and that mends it.</summary>
public sealed class DoctorTests
{
    [Theory]
    [InlineData("ip link set br-a down", "bridge br-a is down", "ip link set br-a up")]
    [InlineData("ip addr del 10.50.0.1/16 dev br-a", "br-a has lost the gateway's address 10.50.0.1", "repair")]
    [InlineData("sysctl -qw net.ipv4.ip_forward=0", "the host does not forward IPv4 any more", "repair")]
    [InlineData("ip link set HOSTVETH down", "is down", "ip link set HOSTVETH up")]
    [InlineData("tc qdisc del dev HOSTVETH root", "Failed to find qdisc", "repair")]
    [InlineData("nft flush ruleset", "", "repair")]
    [InlineData("ip -n POD route del default", "", "")]
    public void A_fault_of_the_host_or_of_a_pod_is_named_and_mended_by_what_is_named_with_it(string fault, string message, string mend)
    {
        using var host = new Sandbox();
        var (tool, pod) = Host(host);
        var veth = host.IpJson("link show type veth").EnumerateArray().Single().GetProperty("ifname").GetString()!;
        string Words(string command) => command.Replace("HOSTVETH", veth, StringComparison.Ordinal).Replace("POD", Path.GetFileName(pod), StringComparison.Ordinal);
        Assert.Equal((0, ""), tool.Look("doctor") is var sound ? (sound.ExitCode, sound.ExitCode == 0 ? "" : sound.Output + sound.Error) : default);

        InHost(host, Words(fault));
        var ill = tool.Look("doctor");
        Assert.True(ill.ExitCode == 1, ill.Output + ill.Error);
        Assert.Contains(message, ill.Output, StringComparison.Ordinal);
        Assert.StartsWith("error ", ill.Output, StringComparison.Ordinal);
        if (mend.Length == 0)
            return;
        Assert.Matches($"mend: .*{(mend == "repair" ? "cnitool repair" : Words(mend))}", ill.Output);
        if (mend == "repair")
            Assert.Equal(0, tool.Look("repair").ExitCode);
        else
            InHost(host, Words(mend));
        Assert.True(Sandbox.Eventually(() => tool.Look("doctor").ExitCode == 0), tool.Look("doctor").Output);
    }

    [Fact]
    public void A_chain_of_somebody_elses_that_drops_is_an_error()
    {
        using var host = new Sandbox();
        var (tool, _) = Host(host);
        host.InHost("nft", "add table inet theirs; add chain inet theirs f { type filter hook forward priority 0; policy drop; }");
        var report = tool.Look("doctor");
        Assert.Equal(1, report.ExitCode);
        Assert.Contains("inet theirs chain f drops forwarded traffic", report.Output, StringComparison.Ordinal);
        Assert.Contains("mend: accept the network there: nft add rule inet theirs f", report.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_dead_pod_left_is_a_warning()
    {
        using var host = new Sandbox();
        var (tool, pod) = Host(host);
        host.RemovePod(pod);
        Assert.True(Sandbox.Eventually(() => host.IpJson("link show type veth").GetArrayLength() == 0));
        var report = tool.Look("doctor");
        Assert.Equal(0, report.ExitCode);
        Assert.Contains($"warning  a {ToolCall.IdOf(pod)}/eth0", report.Output, StringComparison.Ordinal);
        Assert.Contains("mend: cnitool gc a --dry-run", report.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Configurations_are_looked_at_one_by_one_and_together()
    {
        using var host = new Sandbox();
        var (tool, _) = Host(host);
        tool.Define("b", Local(host, "b", "10.50.4.0/24"));
        tool.Define("broken", "{");
        tool.Define("full", Local(host, "full", "10.60.0.0/30"));
        tool.Define("typo", """{"cniVersion":"1.0.0","name":"typo","plugins":[{"type":"bridgee"}]}""");
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(Conf.LeaseDirectory(host), "full")).FullName, "10.60.0.2"), "x\r\neth0");
        var report = tool.Look("doctor", "--json");
        Assert.Equal(1, report.ExitCode);
        var findings = JsonDocument.Parse(report.Output).RootElement.EnumerateArray()
            .Select(one => $"{one.GetProperty("severity")} {one.GetProperty("subject")}: {one.GetProperty("message")}").ToList();
        Assert.Contains("warning network a: its subnet 10.50.0.0/16 overlaps 10.50.4.0/24 of network b", findings);
        Assert.Contains("error network full: 2 of 2 addresses of 10.60.0.1-10.60.0.2 are taken", findings);
        Assert.Contains(findings, line => line.StartsWith("error file ", StringComparison.Ordinal) && line.Contains("broken.conflist", StringComparison.Ordinal));
        Assert.Contains(findings, line => line.StartsWith("error network typo: $.plugins[0]", StringComparison.Ordinal));
        Assert.Contains("ok attachments: 1 is as made", findings);
    }

    private static (ToolCall Tool, string Pod) Host(Sandbox host)
    {
        var tool = new ToolCall(host);
        tool.Define("a", FullChain.Of(host, "a", "bridge", 50));
        var pod = host.AddPod();
        var added = tool.Run("add", "a", pod, "eth0", 20_000);
        Assert.True(added.ExitCode == 0, added.Output + added.Error);
        return (tool, pod);
    }

    private static string Local(Sandbox host, string name, string subnet) =>
        $$"""{"cniVersion":"1.1.0","name":"{{name}}","plugins":[{"type":"ptp","ipam":{"type":"host-local","dataDir":"{{Conf.LeaseDirectory(host)}}","subnet":"{{subnet}}"} }]}""";

    private static void InHost(Sandbox host, string command)
    {
        var words = command.Split(' ');
        host.InHost(words[0], words[1..]);
    }
}
