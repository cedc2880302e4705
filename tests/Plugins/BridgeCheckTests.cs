using System.Text.Json;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>CHECK finds each kind of damage, in the words the reference plugins have for it (plugins/main/bridge/bridge.go, cmdCheck).</summary>
public sealed class BridgeCheckTests
{
    [Theory]
    [InlineData("0.4.0")]
    [InlineData("1.0.0")]
    public void An_undamaged_attachment_passes(string version)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var result = cni.Add(Conf.Typical(host, version), "c1", pod);
        cni.Check(Conf.Typical(host, version), result, "c1", pod);
    }

    [Theory]
    [InlineData("pod: addr del 10.1.0.2/24 dev eth0", "Failed to match addr 10.1.0.2/24 on interface eth0")]
    [InlineData("pod: -6 addr del fd00:1::2/64 dev eth0", "Failed to match addr fd00:1::2/64 on interface eth0")]
    [InlineData("pod: route del 10.1.0.0/24 dev eth0", "Failed to find Gateway 10.1.0.1 for interface eth0")]
    [InlineData("pod: link set eth0 down", "Failed to find Gateway 10.1.0.1 for interface eth0")]
    [InlineData("pod: link set eth0 address 02:00:00:00:00:99", "Interface eth0 Mac INNER doesn't match container Mac: 02:00:00:00:00:99")]
    [InlineData("pod: link del eth0", "Cannot find container link eth0")]
    [InlineData("host: link set OUTER nomaster", "CNI veth created for bridge br0 was not found")]
    [InlineData("host: link set OUTER address 02:00:00:00:00:99", "Interface OUTER Mac doesn't match: MAC1 not found")]
    [InlineData("host: link set br0 address 02:00:00:00:00:99", "Bridge interface br0 Mac doesn't match: MAC0")]
    [InlineData("host: link set br0 promisc on", "Bridge interface br0 configured Promisc Mode false doesn't match current state: true ")]
    [InlineData("host: link del br0", "Interface name br0 not found")]
    public void Damage_is_found_and_named(string damage, string expected)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var result = cni.Add(Conf.Typical(host), "c1", pod);
        var command = Filled(damage, result).Split(": ");
        _ = command[0] == "pod" ? Sandbox.PodIp(pod, command[1]) : host.Ip(command[1]);
        var (code, message, _) = CniCall.Error(cni.TryCheck(Conf.Typical(host), result, "c1", pod));
        Assert.Equal((999, Filled(expected, result)), (code, message));
    }

    [Fact]
    public void A_lost_default_route_is_found()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var result = cni.Add(Conf.Typical(host), "c1", pod);
        Sandbox.PodIp(pod, "route del default");
        var (code, message, _) = CniCall.Error(cni.TryCheck(Conf.Typical(host), result, "c1", pod));
        Assert.Equal(999, code);
        Assert.StartsWith("Expected Route {Dst:", message, StringComparison.Ordinal);
        Assert.EndsWith(" not found in routing table", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bridge_that_was_replaced_is_found()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var result = cni.Add(Conf.Typical(host), "c1", pod);
        host.Ip("link del br0");
        host.AddBridge();
        var (_, message, _) = CniCall.Error(cni.TryCheck(Conf.Typical(host), result, "c1", pod));
        Assert.Equal(Filled("Bridge interface br0 Mac doesn't match: MAC0", result), message);

        host.Ip("link del br0");
        host.Ip("link add br0 type veth peer name other");
        (_, message, _) = CniCall.Error(cni.TryCheck(Conf.Typical(host), result, "c1", pod));
        Assert.Equal("Interface br0 does not have link type of bridge", message);
    }

    [Fact]
    public void A_pod_that_is_gone_or_another_one_is_found()
    {
        using var host = new Sandbox();
        var (pod, other) = (host.AddPod(), host.AddPod());
        var cni = new CniCall(host);
        var result = cni.Add(Conf.Typical(host), "c1", pod);
        var (_, message, _) = CniCall.Error(cni.TryCheck(Conf.Typical(host), result, "c1", other));
        Assert.Equal($"Sandbox in prevResult {pod} doesn't match configured netns: {other}", message);
        host.RemovePod(pod);
        (_, message, _) = CniCall.Error(cni.TryCheck(Conf.Typical(host), result, "c1", pod));
        Assert.Equal($"failed to open netns \"{pod}\": failed to Statfs \"{pod}\": no such file or directory", message);
    }

    [Fact]
    public void A_lost_reservation_is_found_by_the_address_plugin()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var result = cni.Add(Conf.Typical(host), "c1", pod);
        foreach (var lease in Conf.Leases(host))
            File.Delete(Path.Combine(Conf.LeaseDirectory(host), "net1", lease));
        var (code, message, _) = CniCall.Error(cni.TryCheck(Conf.Typical(host), result, "c1", pod));
        Assert.Equal((999, "host-local: Failed to find address added by container c1"), (code, message));
    }

    [Fact]
    public void Without_the_result_of_ADD_there_is_nothing_to_compare()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        cni.Add(Conf.Typical(host), "c1", pod);
        Assert.Equal((999, "Required prevResult missing", ""), CniCall.Error(cni.Run("CHECK", Conf.Typical(host), "c1", pod)));
    }

    private static string Filled(string text, JsonElement result)
    {
        var interfaces = result.GetProperty("interfaces");
        return text
            .Replace("OUTER", interfaces[1].GetProperty("name").GetString(), StringComparison.Ordinal)
            .Replace("INNER", interfaces[2].GetProperty("mac").GetString(), StringComparison.Ordinal)
            .Replace("MAC0", interfaces[0].GetProperty("mac").GetString(), StringComparison.Ordinal)
            .Replace("MAC1", interfaces[1].GetProperty("mac").GetString(), StringComparison.Ordinal);
    }
}
