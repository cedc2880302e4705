using System.Text;
using System.Text.Json;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>A runtime without the right to configure networks: one error that says which right, and nothing changed.</summary>
public sealed class CapabilityTests
{
    private static readonly string[] WithoutNetAdmin = ["setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin"];

    [Theory]
    [InlineData("ADD")]
    [InlineData("DEL")]
    public void Portmap_without_cap_net_admin_says_so_and_changes_nothing(string verb)
    {
        using var host = new Sandbox();
        var (pod, cni) = (host.AddPod(), new CniCall(host));
        var conf = CniCall.WithPrevious(PortNetwork.Portmap(PortNetwork.Ports(8080)), cni.Add(PortNetwork.Bridge(host), "c1", pod));
        if (verb == "DEL")
            cni.Add(conf, "c1", pod);
        Refused(host, cni, verb, conf, pod);
    }

    [Fact]
    public void Bridge_without_cap_net_admin_says_so_and_changes_nothing()
    {
        using var host = new Sandbox();
        Refused(host, new CniCall(host), "ADD", PortNetwork.Bridge(host), host.AddPod());
    }

    [Theory]
    [InlineData("bridge")]
    [InlineData("ptp")]
    public void An_address_whose_link_stays_is_not_given_back(string type)
    {
        using var host = new Sandbox();
        var (pod, cni) = (host.AddPod(), new CniCall(host));
        var conf = type == "ptp" ? Conf.Ptp(Conf.DualStack(host)) : Conf.Bridge(Conf.DualStack(host));
        cni.Add(conf, "c1", pod);
        Refused(host, cni, "DEL", conf, pod);
        Assert.Equal(2, Conf.Leases(host).Length);
        cni.Del(conf, "c1", pod);
        Assert.Empty(Conf.Leases(host));
    }

    private static void Refused(Sandbox host, CniCall cni, string verb, string conf, string pod)
    {
        var (rules, before) = (PortNetwork.Rules(host), Snapshot.Of(host, pod));
        var plugin = Path.Combine(CniCall.OurBin, JsonDocument.Parse(conf).RootElement.GetProperty("type").GetString()!);
        var (_, message, details) = CniCall.Error(cni.Execute([.. WithoutNetAdmin, plugin], Encoding.UTF8.GetBytes(conf), cni.VariablesFor(verb, "c1", pod)));
        Assert.NotEmpty(message);
        Assert.Contains("CAP_NET_ADMIN", details, StringComparison.Ordinal);
        Assert.Equal(rules, PortNetwork.Rules(host));
        Assert.Equal(before, Snapshot.Of(host, pod));
    }
}
