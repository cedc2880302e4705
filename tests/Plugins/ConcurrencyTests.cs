using System.Collections.Concurrent;
using System.Threading.Tasks;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>A rollout's burst: many ADDs and DELs at once on what nobody has made yet.</summary>
[Collection(nameof(Alone))]
public sealed class ConcurrencyTests
{
    private const int Pods = 200;
    private static readonly ParallelOptions SixteenAtOnce = new() { MaxDegreeOfParallelism = 16 };

    [Fact]
    public void Two_hundred_pods_at_once_get_one_bridge_and_an_address_each_and_go_without_a_trace()
    {
        using var host = new Sandbox();
        var pods = Enumerable.Range(0, Pods).Select(_ => host.AddPod()).ToArray();
        var cni = new CniCall(host);
        var conf = Conf.Typical(host);
        var addresses = new ConcurrentBag<string>();
        var bridges = new ConcurrentBag<string>();

        Parallel.For(0, Pods, SixteenAtOnce, i =>
        {
            var result = cni.Add(conf, $"c{i}", pods[i]);
            bridges.Add(result.GetProperty("interfaces")[0].GetProperty("mac").GetString()!);
            foreach (var ip in result.GetProperty("ips").EnumerateArray())
                addresses.Add(ip.GetProperty("address").GetString()!);
        });

        Assert.Single(bridges.Distinct());
        Assert.Equal(2 * Pods, addresses.Distinct().Count());
        Assert.Equal(2 * Pods, Conf.Leases(host).Length);
        var gateways = host.IpJson("addr show dev br0")[0].GetProperty("addr_info").EnumerateArray()
            .Where(address => address.GetProperty("scope").GetString() == "global").Select(address => address.GetProperty("local").GetString());
        Assert.Equal(["10.1.0.1", "fd00:1::1"], gateways);
        Assert.Equal(0, Sandbox.TryInPod(pods[^1], "ping", "-c5", "-i0.3", "-W2", addresses.First(address => address.Contains('.', StringComparison.Ordinal)).Split('/')[0]).ExitCode);

        Parallel.For(0, Pods, SixteenAtOnce, i => cni.Del(conf, $"c{i}", pods[i]));

        Assert.Empty(Conf.Leases(host));
        Assert.Equal(["br0", "lo"], host.IpJson("link").EnumerateArray().Select(link => link.GetProperty("ifname").GetString()).Order());
        Assert.All(pods, pod => Assert.Single(Sandbox.PodIpJson(pod, "link").EnumerateArray()));
    }
}
