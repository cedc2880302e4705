using System.Text.Json.Nodes;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>Somebody has made a mistake in a configuration since ADD: DEL and GC take away what was made all the same, or a pod hangs in Terminating.</summary>
public sealed class SpoiltConfigTests
{
    public static TheoryData<string, string, string> Mistakes
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var verb in new[] { "DEL", "GC" })
            {
                foreach (var member in new[] { "isGateway", "mtu", "vlan", "bridge", "ipMasq", "ipMasqBackend", "macspoofchk", "dns", "args", "runtimeConfig", "prevResult" })
                    data.Add(verb, "bridge", member);
                foreach (var member in new[] { "mtu", "ipMasq", "dns" })
                    data.Add(verb, "ptp", member);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_member_that_cannot_be_read_keeps_nothing_from_going(string verb, string type, string member)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var more = $"\"isGateway\":true,\"ipMasq\":true,\"macspoofchk\":true,{Conf.DualStack(host)}";
        var conf = type == "ptp" ? Conf.Ptp(more, "1.1.0") : Conf.Bridge(more, "1.1.0");
        cni.Add(conf, "c0", pod);
        cni.Del(conf, "c0", pod); // what is shared stays
        var before = Snapshot.Of(host);
        cni.Add(conf, "c1", pod);
        Assert.Contains("id: c1", host.InHost("nft", "list", "ruleset"), StringComparison.Ordinal);

        var spoilt = JsonNode.Parse(conf)!.AsObject();
        spoilt[member] = new JsonArray(new JsonObject());
        if (verb == "DEL")
            cni.Del(spoilt.ToJsonString(), "c1", pod);
        else
            cni.Gc(spoilt.ToJsonString());

        Snapshot.ShouldBecome(before, host);
        Assert.DoesNotContain("id: c1", host.InHost("nft", "list", "ruleset"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"x\"", "json: cannot unmarshal string into Go struct field .ipam of type object")]
    [InlineData("""{"type":5}""", "json: cannot unmarshal number into Go struct field .ipam.type of type string")]
    public void Without_an_address_plugin_to_ask_all_else_goes_and_the_reason_is_given(string ipam, string expected)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var conf = Conf.Bridge($"\"ipMasq\":true,{Conf.DualStack(host)}", "1.1.0");
        cni.Add(conf, "c1", pod);
        var spoilt = JsonNode.Parse(conf)!.AsObject();
        spoilt["ipam"] = JsonNode.Parse(ipam);
        Assert.Equal((999, expected, ""), CniCall.Error(cni.Run("DEL", spoilt.ToJsonString(), "c1", pod)));
        Assert.Single(Sandbox.PodIpJson(pod, "link").EnumerateArray());
        Assert.DoesNotContain("id: c1", host.InHost("nft", "list", "ruleset"), StringComparison.Ordinal);
        cni.Del(conf, "c1", pod);
        Assert.Empty(Conf.Leases(host));
    }

    [Theory]
    [InlineData("backend")]
    [InlineData("ingressPolicy")]
    [InlineData("firewalldZone")]
    public void The_firewalls_pods_go_too(string member)
    {
        using var lab = new FirewallLab();
        var pod = lab.Attach("net1", "c1");
        lab.Del(pod, $"\"{member}\":5");
        Assert.DoesNotContain("id: c1", lab.Host.InHost("nft", "list", "ruleset"), StringComparison.Ordinal);
    }
}
