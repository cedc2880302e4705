using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>An IPv6 pod hears its neighbours as soon as ADD has answered; they would ask again only after a second.</summary>
public sealed class FirstPacketTests
{
    [Theory]
    [InlineData("bridge")]
    [InlineData("ptp")]
    public void The_pods_end_is_ready_when_ADD_answers_even_if_the_kernel_takes_its_time(string type)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        if (type == "bridge")
            Sandbox.PodIp(pod, "link add unused type bridge"); // as many links as the host has
        var ipam = Conf.HostLocal(host, "[]", "fd00:1::/64");
        new CniCall(host).Add(type == "bridge" ? Conf.Bridge($"\"isGateway\":true,{ipam}") : Conf.Ptp(ipam), "c1", pod);
        var routes = Sandbox.PodIp(pod, "-6 route show table local");

        // Where both ends have the same index, the kernel takes the pod's for a link that is in no hurry, and lets it wait for up to a second.
        var inner = Sandbox.PodIpJson(pod, "link show eth0")[0];
        Assert.Equal(inner.GetProperty("link_index").GetInt32(), inner.GetProperty("ifindex").GetInt32());
        Assert.Contains("multicast ff00::/8 dev eth0", routes, StringComparison.Ordinal);
        Assert.Contains("1 received", host.InHost("ping", "-c1", "-W1", "fd00:1::2"), StringComparison.Ordinal);
    }
}
