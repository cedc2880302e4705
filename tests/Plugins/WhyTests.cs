using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>cnitool why and metrics: what a person or a monitor asks of a host with pods.</summary>
public sealed class WhyTests
{
    [Fact]
    public void A_port_an_address_an_interface_and_a_container_are_somebodys()
    {
        using var host = new Sandbox();
        var (tool, pod, gone) = Host(host);
        var (id, veth) = (ToolCall.IdOf(pod), host.IpJson("link show type veth").EnumerateArray().Single().GetProperty("ifname").GetString()!);
        var mac = Sandbox.PodIpJson(pod, "link show eth0").EnumerateArray().Single().GetProperty("address").GetString()!;
        var whose = $"eth0 of {Path.GetFileName(pod)} (network a, container {id}, {pod}, {veth}, 10.50.0.2 ";

        Assert.StartsWith($"host port 20000/tcp leads to port 80 of {whose}", Answer(tool, "20000"), StringComparison.Ordinal);
        Assert.StartsWith($"host port 20000/tcp leads to port 80 of {whose}", Answer(tool, "20000/tcp"), StringComparison.Ordinal);
        Assert.StartsWith($"10.50.0.2 is {whose}", Answer(tool, "10.50.0.2"), StringComparison.Ordinal);
        Assert.StartsWith($"{mac} is {whose}", Answer(tool, mac), StringComparison.Ordinal);
        Assert.StartsWith($"{veth} is the host's end of {whose}", Answer(tool, veth), StringComparison.Ordinal);
        Assert.StartsWith(whose, Answer(tool, Path.GetFileName(pod)), StringComparison.Ordinal);
        Assert.StartsWith(whose, Answer(tool, id[..12]), StringComparison.Ordinal);
        Assert.StartsWith("10.50.0.1 is the host's own, on br-a", Answer(tool, "10.50.0.1"), StringComparison.Ordinal);
        Assert.Contains("network a", Answer(tool, "br-a"), StringComparison.Ordinal);

        // Of a dead pod the cache knows; when that has forgotten it, its rules; at last its reservation.
        Assert.EndsWith(", dead\n", Answer(tool, "10.50.0.3"), StringComparison.Ordinal);
        tool.Forget("a", gone, "eth0");
        Assert.EndsWith(", in no runtime's cache\n", Answer(tool, "10.50.0.3"), StringComparison.Ordinal);
        host.InHost("nft", "flush", "ruleset");
        Assert.Contains($"10.50.0.3 is reserved by network a for {ToolCall.IdOf(gone)}/eth0 (netns {gone} (gone), ", Answer(tool, "10.50.0.3"), StringComparison.Ordinal);

        foreach (var nobodys in new[] { "20000/udp", "1", "10.50.9.9", "02:00:00:00:00:99", "nobody" })
            Assert.Equal((1, $"{nobodys}: nobody's, as far as CNI knows on this host\n"), tool.Look("why", nobodys) is var none ? (none.ExitCode, none.Output) : default);
    }

    [Fact]
    public void Metrics_count_what_is_there_and_a_file_is_replaced_whole()
    {
        using var host = new Sandbox();
        var (tool, _, _) = Host(host);
        var text = tool.Look("metrics").Output;
        Assert.Contains("# TYPE cni_attachments gauge\n", text, StringComparison.Ordinal);
        Assert.Contains("cni_attachments{network=\"a\",state=\"attached\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("cni_attachments{network=\"a\",state=\"gone\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("cni_problems{network=\"a\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("cni_addresses_used{network=\"a\",range=\"10.50.0.1-10.50.255.254\"} 3\n", text, StringComparison.Ordinal);
        Assert.Contains("cni_addresses_known{network=\"a\"} 1\n", text, StringComparison.Ordinal);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Assert.Matches(@"^(# (HELP|TYPE) cni_[a-z_]+ .+|cni_[a-z_]+(\{([a-z]+=""[^""]*"",?)+\})? [0-9.E+]+)$", line);

        var file = Path.Combine(host.Directory, "cni.prom");
        File.WriteAllText(file, "old");
        Assert.Equal((0, ""), tool.Look("metrics", "--output", file) is var written ? (written.ExitCode, written.Output) : default);
        Assert.Equal(text, File.ReadAllText(file));
        Assert.Equal(["cni.prom"], Directory.GetFiles(host.Directory).Select(Path.GetFileName));
    }

    private static string Answer(ToolCall tool, string thing)
    {
        var answer = tool.Look("why", thing);
        Assert.True(answer.ExitCode == 0, $"{thing}: {answer.Output}{answer.Error}");
        return answer.Output;
    }

    /// <summary>A living pod and a dead one.</summary>
    private static (ToolCall Tool, string Pod, string Gone) Host(Sandbox host)
    {
        var tool = new ToolCall(host);
        tool.Define("a", FullChain.Of(host, "a", "bridge", 50));
        var (pod, gone) = (host.AddPod(), host.AddPod());
        foreach (var (i, each) in new[] { pod, gone }.Index())
        {
            var added = tool.Run("add", "a", each, "eth0", 20_000 + i);
            Assert.True(added.ExitCode == 0, added.Output + added.Error);
        }

        host.RemovePod(gone);
        Assert.True(Sandbox.Eventually(() => host.IpJson("link show type veth").GetArrayLength() == 1));
        return (tool, pod, gone);
    }
}
