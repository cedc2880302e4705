using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>The dhcp plugin, its daemon, Debian's plugin and daemon, and three servers of other people's.</summary>
public sealed class DhcpTests
{
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Either_suites_plugin_works_with_either_suites_daemon(bool isOurPlugin, bool isOurDaemon)
    {
        using var lab = new DhcpLab();
        lab.StartDnsmasq(more: ["--dhcp-option=121,192.168.7.0/24,10.5.0.9,0.0.0.0/0,10.5.0.254", "--dhcp-option=12,named"]);
        lab.StartDaemon(isOurDaemon ? null : CniCall.UpstreamBin);
        var pod = lab.Host.AddPod();
        lab.Host.Ip($"link add v0 master br0 up type veth peer name eth0 netns {Path.GetFileName(pod)}");
        var plugin = new CniCall(lab.Host, isOurPlugin ? null : CniCall.UpstreamBin) { Variables = { ["CNI_ARGS"] = "IgnoreUnknown=1;K8S_POD_NAME=podA" } };
        var conf = lab.Conf("dhcp", """,  "request":[{"option":"121"}],"provide":[{"option":"host-name","fromArg":"K8S_POD_NAME"}]""")
            .Replace("1.1.0", "1.0.0", StringComparison.Ordinal);

        var result = plugin.Add(conf, "c1", pod);
        Assert.StartsWith("10.5.0.", DhcpLab.AddressOf(result), StringComparison.Ordinal);
        Assert.EndsWith("/24", DhcpLab.AddressOf(result), StringComparison.Ordinal);
        Assert.Equal("10.5.0.1", result.GetProperty("ips")[0].GetProperty("gateway").GetString());
        Assert.Equal(
            ["192.168.7.0/24 10.5.0.9", "0.0.0.0/0 10.5.0.254"],
            result.GetProperty("routes").EnumerateArray().Select(route => $"{route.GetProperty("dst").GetString()} {route.GetProperty("gw").GetString()}"));
        var leases = File.ReadAllText($"{lab.Host.Directory}/server.leases");
        Assert.Contains(" podA 00:63:31:2f:6e:65:74:2f:65:74:68:30", leases, StringComparison.Ordinal); // a zero, c1/net/eth0
        plugin.Check(conf, result, "c1", pod);
        plugin.Del(conf, "c1", pod);
        plugin.Del(conf, "c1", pod);
        Eventually.Is(() => File.ReadAllText($"{lab.Host.Directory}/server.leases").Length == 0, () => lab.ServerLog);

        var (code, message, _) = CniCall.Error(plugin.Run("ADD", conf, "c1", pod, "eth9"));
        Assert.Equal((999, "error calling DHCP.Allocate: error looking up \"eth9\": Link not found"), (code, message));
    }

    [Theory]
    [InlineData("dnsmasq", "DHCPRELEASE(br0) ADDRESS")]
    [InlineData("kea", "address ADDRESS was released properly")]
    [InlineData("dhcpd", "DHCPRELEASE of ADDRESS from MAC via br0 (found)")]
    public void A_lease_of_ten_seconds_is_renewed_with_its_server_alone_and_released(string server, string released)
    {
        using var lab = new DhcpLab();
        lab.StartServer(server, 10);
        lab.StartDaemon();
        var pod = lab.Host.AddPod();
        var plugin = new CniCall(lab.Host);
        var before = lab.Snapshot(pod);
        var result = plugin.Add(lab.Conf(), "c1", pod);
        var address = DhcpLab.AddressOf(result);
        var mac = Sandbox.PodIpJson(pod, "link show dev eth0")[0].GetProperty("address").GetString()!;
        Assert.Equal([address], DhcpLab.Addresses(pod));
        Assert.Equal(0, Sandbox.TryInPod(pod, "ping", "-c1", "-W2", "10.5.0.1").ExitCode);

        using (var heard = new Background(lab.Host, $"{lab.Host.Directory}/dump", ["timeout", "30", "tcpdump", "-plnei", "br0", "udp", "port", "67"]))
        {
            Eventually.Is(() => Acquired(lab) >= 4, () => lab.DaemonLog + lab.ServerLog, seconds: 40);
            if (Tool.Exists("tcpdump"))
            {
                Assert.Contains($"{address[..^3]}.68 > 10.5.0.1.67", heard.Log, StringComparison.Ordinal);
                Assert.DoesNotContain("Broadcast", heard.Log, StringComparison.Ordinal);
            }
        }

        Assert.DoesNotContain("expired", lab.DaemonLog, StringComparison.Ordinal);
        Assert.Equal([address], DhcpLab.Addresses(pod));
        plugin.Check(lab.Conf(), result, "c1", pod);
        plugin.Del(lab.Conf(), "c1", pod);
        var expected = released.Replace("ADDRESS", address[..^3], StringComparison.Ordinal).Replace("MAC", mac, StringComparison.Ordinal);
        Eventually.Is(() => lab.ServerLog.Contains(expected, StringComparison.Ordinal), () => lab.ServerLog);
        Assert.Empty(lab.KeptLeases);
        Assert.Equal(before, lab.Snapshot(pod));
    }

    [Theory]
    [InlineData("bridge")]
    [InlineData("ptp")]
    public void An_ADD_that_no_server_answers_leaves_nothing(string type)
    {
        using var lab = new DhcpLab();
        lab.StartDaemon(null, "-timeout", "300ms", "-resendtimeout", "1s");
        var pod = lab.Host.AddPod();
        var before = lab.Snapshot(pod);
        var (_, message, _) = CniCall.Error(new CniCall(lab.Host).Run("ADD", lab.Conf(type), "c1", pod));
        Assert.Equal("error calling DHCP.Allocate: no more tries", message);
        Assert.Equal(before, lab.Snapshot(pod));
        Assert.Empty(lab.KeptLeases);
    }

    [Fact]
    public void Without_a_daemon_ADD_and_STATUS_say_so_and_DEL_forgets_the_lease()
    {
        using var lab = new DhcpLab();
        lab.StartDnsmasq();
        var daemon = lab.StartDaemon();
        var pod = lab.Host.AddPod();
        var plugin = new CniCall(lab.Host);
        plugin.Add(lab.Conf(), "c1", pod);
        Assert.Equal(0, plugin.Status(lab.Conf()).ExitCode);
        Assert.Single(lab.KeptLeases);
        daemon.Stop();
        Assert.False(File.Exists(lab.Socket));
        Assert.Single(lab.KeptLeases);

        var cause = $"error dialing DHCP daemon: dial unix {lab.Socket}: connect: no such file or directory";
        Assert.Equal((50, cause), Of(CniCall.Error(plugin.Status(lab.Conf()))));
        var del = plugin.Run("DEL", lab.Conf(), "c1", pod);
        Assert.True(del.ExitCode == 0, del.Output);
        Assert.Contains("the server was not told", del.Error, StringComparison.Ordinal);
        Assert.Empty(lab.KeptLeases);
        Assert.Equal((999, cause), Of(CniCall.Error(plugin.Run("ADD", lab.Conf(), "c1", pod))));

        static (int, string) Of((int Code, string Message, string) error) => (error.Code, error.Message);
    }

    [Fact]
    public void GC_releases_what_no_valid_attachment_has_and_nothing_else()
    {
        using var lab = new DhcpLab();
        lab.StartDnsmasq();
        lab.StartDaemon();
        var plugin = new CniCall(lab.Host);
        var pods = lab.Host.AddPods(3);
        foreach (var (i, pod) in pods.Index())
            plugin.Add(i == 2 ? lab.Conf().Replace("\"net\"", "\"other\"", StringComparison.Ordinal) : lab.Conf(), $"c{i}", pod);
        plugin.Gc(lab.Conf(), ("c1", "eth0"));
        Assert.Equal(["net/c1:eth0", "other/c2:eth0"], lab.KeptLeases.Select(file => Path.GetRelativePath($"{lab.Host.Directory}/dhcp.leases", file)).Order());
        Eventually.Is(() => File.ReadAllLines($"{lab.Host.Directory}/server.leases").Length == 2, () => lab.ServerLog);
    }

    [Theory]
    [InlineData(""","provide":[{"option":"host","value":"x"}]""", "Can not parse option \"host\"")]
    [InlineData(""","request":[{"option":"300"}]""", "value out of range")]
    [InlineData(""","priority":"high" """, "cannot unmarshal string")]
    public void A_configuration_that_cannot_be_is_refused_before_anything_is_made(string ipam, string message)
    {
        using var lab = new DhcpLab();
        lab.StartDaemon();
        var pod = lab.Host.AddPod();
        var before = lab.Snapshot(pod);
        var plugin = new CniCall(lab.Host);
        Assert.Contains(message, CniCall.Error(plugin.Run("ADD", lab.Conf(ipam: ipam), "c1", pod)).Message, StringComparison.Ordinal);
        Assert.Contains(message, CniCall.Error(plugin.Status(lab.Conf(ipam: ipam))).Message, StringComparison.Ordinal);
        plugin.Del(lab.Conf(ipam: ipam), "c1", pod);
        Assert.Equal(before, lab.Snapshot(pod));
    }

    private static int Acquired(DhcpLab lab) => lab.DaemonLog.Split('\n').Count(line => line.Contains("acquired", StringComparison.Ordinal));
}
