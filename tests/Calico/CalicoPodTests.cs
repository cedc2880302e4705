using System.Text.Json;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Calico;

/// <summary>Main plugins with calico-ipam as their address plugin: two executables, as they are published.</summary>
public sealed class CalicoPodTests
{
    private const string Everywhere = """ "routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}] """;

    [Fact]
    public void Ptp_joins_pods_of_different_blocks_through_the_host()
    {
        using var host = new Sandbox();
        var cni = Calls(host);
        var conf = Conf.Ptp(Ipam(host, $"{Everywhere},\"assign_ipv6\":\"true\",\"pools\":[{{\"name\":\"a\",\"cidr\":\"10.7.0.0/28\",\"blockSize\":32}},{{\"name\":\"b\",\"cidr\":\"fd07::/120\"}}]"), "1.1.0");
        var (one, two) = (host.AddPod(), host.AddPod());
        var (first, second) = (cni.Add(conf, "c1", one), cni.Add(conf, "c2", two));
        Assert.Equal(["169.254.1.1", "fe80::1"], first.GetProperty("ips").EnumerateArray().Select(ip => ip.GetProperty("gateway").GetString()));
        Assert.Equal("""["0.0.0.0/0","::/0"]""", JsonSerializer.Serialize(first.GetProperty("routes").EnumerateArray().Select(route => route.GetProperty("dst").GetString())));
        foreach (var ip in second.GetProperty("ips").EnumerateArray())
            Assert.Equal(0, Sandbox.TryInPod(one, "ping", "-c1", "-W2", ip.GetProperty("address").GetString()!.Split('/')[0]).ExitCode);
        cni.Check(conf, first, "c1", one);
        var status = cni.Status(conf);
        Assert.True(status.ExitCode == 0, status.Output);
        cni.Gc(conf, ("c1", "eth0"));
        Assert.DoesNotContain(Store(host), file => file.EndsWith("net1.c2", StringComparison.Ordinal));
        cni.Check(conf, first, "c1", one);
        cni.Del(conf, "c1", one);
        cni.Del(conf, "c1", one);
        Assert.DoesNotContain(Store(host), file => file.Contains("/handle/", StringComparison.Ordinal));
    }

    [Fact]
    public void Bridge_as_a_segment_joins_pods_of_one_block_and_with_a_route_those_of_the_pool()
    {
        using var host = new Sandbox();
        var cni = Calls(host);
        var conf = Conf.Bridge(Ipam(host, "\"routes\":[{\"dst\":\"10.7.0.0/28\"}],\"pools\":[{\"name\":\"a\",\"cidr\":\"10.7.0.0/28\",\"blockSize\":30}]"));
        var pods = Enumerable.Range(0, 5).Select(_ => host.AddPod()).ToList();
        var addresses = pods.Select((pod, i) => cni.Add(conf, $"c{i}", pod).GetProperty("ips")[0].GetProperty("address").GetString()!).ToList();
        Assert.True(addresses.Select(address => int.Parse(address.Split('/')[0].Split('.')[3]) / 4).Distinct().Count() > 1, string.Join(' ', addresses));
        foreach (var address in addresses.Skip(1))
            Assert.Equal(0, Sandbox.TryInPod(pods[0], "ping", "-c1", "-W2", address.Split('/')[0]).ExitCode);
    }

    [Fact]
    public void Bridge_as_a_gateway_is_refused_without_one_and_works_with_one()
    {
        using var host = new Sandbox();
        var cni = Calls(host);
        var pod = host.AddPod();
        const string Pools = "\"pools\":[{\"name\":\"a\",\"cidr\":\"10.7.0.0/28\",\"blockSize\":28}]";
        foreach (var key in new[] { "isGateway", "isDefaultGateway" })
        {
            var (code, message, _) = CniCall.Error(cni.Run("ADD", Conf.Bridge($"\"{key}\":true,{Ipam(host, Pools)}"), "c1", pod));
            Assert.Equal((7, "bridge: isGateway needs a gateway, and calico-ipam names none"), (code, message));
        }

        Assert.Empty(Store(host));
        var conf = Conf.Bridge($"\"isDefaultGateway\":true,{Ipam(host, $"\"gateway\":\"10.7.0.1\",{Pools}")}");
        cni.Add(conf, "c1", pod);
        Assert.Equal(0, Sandbox.TryInPod(pod, "ping", "-c1", "-W2", "10.7.0.1").ExitCode);
        Assert.Equal("10.7.0.1", Sandbox.PodIpJson(pod, "route show default")[0].GetProperty("gateway").GetString());
    }

    [Fact]
    public void An_add_that_fails_after_the_address_gives_it_back()
    {
        using var host = new Sandbox();
        var cni = Calls(host);
        var pod = host.AddPod();
        var conf = Conf.Ptp(Ipam(host, "\"routes\":[{\"dst\":\"10.9.0.0/16\",\"gw\":\"192.0.2.1\"}],\"pools\":[{\"name\":\"a\",\"cidr\":\"10.7.0.0/28\",\"blockSize\":28}]"));
        Assert.NotEqual(0, cni.Run("ADD", conf, "c1", pod).ExitCode);
        Assert.DoesNotContain(Store(host), file => file.Contains("/handle/", StringComparison.Ordinal));
    }

    [Fact]
    public void The_executable_answers_to_its_name_and_speaks_1_1_0()
    {
        using var host = new Sandbox();
        var answer = JsonDocument.Parse(Calls(host).Raw("calico-ipam", [], new Dictionary<string, string> { ["CNI_COMMAND"] = "VERSION" }).Output).RootElement;
        Assert.Equal("1.1.0", answer.GetProperty("supportedVersions").EnumerateArray().Last().GetString());
    }

    private static CniCall Calls(Sandbox host)
    {
        Assert.SkipUnless(File.Exists(Path.Combine(CniCall.OurBin, "calico-ipam")), "no calico-ipam: run scripts/build.sh");
        return new CniCall(host);
    }

    private static string Ipam(Sandbox host, string more) =>
        $"\"nodename\":\"node1\",\"ipam_lock_file\":\"{host.Directory}/lock\",\"ipam\":{{\"type\":\"calico-ipam\",\"dataDir\":\"{host.Directory}/store\",{more}}}";

    private static string[] Store(Sandbox host) =>
        Directory.Exists($"{host.Directory}/store") ? Directory.GetFiles($"{host.Directory}/store", "*", SearchOption.AllDirectories) : [];
}
