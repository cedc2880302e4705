using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>Plugins whose interfaces are the pod's alone, on a kernel that has them: options, refusals, CHECK, DEL, GC, STATUS, and Debian's plugins on the other side.</summary>
public sealed class PodLinkTests
{
    [Fact]
    public void Macvlan_puts_pods_onto_a_devices_network_and_leaves_nothing() => Run("macvlan.sh", besideUpstream: true);

    [Fact]
    public void Ipvlan_puts_pods_behind_a_devices_hardware_address_and_leaves_nothing() => Run("ipvlan.sh", besideUpstream: true);

    [Fact]
    public void Vlan_and_dummy_give_pods_a_tag_or_no_network_at_all_and_leave_nothing() => Run("vlan.sh", besideUpstream: true);

    [Fact]
    public void Taps_are_made_with_every_option_and_leave_nothing() => Run("tap.sh");

    [Fact]
    public void Sbr_leads_packets_by_their_source_and_leaves_nothing() => Run("sbr.sh", besideUpstream: true);

    [Fact]
    public void Vrf_moves_an_interface_with_its_addresses_and_routes_and_leaves_nothing() => Run("vrf.sh", besideUpstream: true);

    [Theory]
    [InlineData("macvlan", "\"master\":5")]
    [InlineData("macvlan", "\"mode\":[]")]
    [InlineData("macvlan", "\"mtu\":\"1500\"")]
    [InlineData("macvlan", "\"mac\":{}")]
    [InlineData("macvlan", "\"linkInContainer\":1")]
    [InlineData("macvlan", "\"bcqueuelen\":\"x\"")]
    [InlineData("macvlan", "\"acceptRa\":\"yes\"")]
    [InlineData("macvlan", "\"runtimeConfig\":{\"mac\":5}")]
    [InlineData("ipvlan", "\"mode\":3")]
    [InlineData("ipvlan", "\"mtu\":1.5")]
    [InlineData("ipvlan", "\"acceptRa\":0")]
    [InlineData("vlan", "\"master\":\"lo\",\"vlanId\":\"5\"")]
    [InlineData("vlan", "\"master\":\"lo\",\"vlanId\":99999999999")]
    [InlineData("tap", "\"owner\":\"root\"")]
    [InlineData("tap", "\"group\":1.5")]
    [InlineData("tap", "\"multiQueue\":1")]
    [InlineData("tap", "\"bridge\":7")]
    [InlineData("tap", "\"selinuxContext\":{}")]
    public void A_value_of_the_wrong_type_is_refused_and_nothing_is_made(string type, string member)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var before = Snapshot.Of(host, pod);
        var conf = $$"""{"cniVersion":"1.0.0","name":"net1","type":"{{type}}",{{Conf.DualStack(host)}},{{member}}}""";
        var (code, message, _) = CniCall.Error(new CniCall(host).Run("ADD", conf, "c1", pod));
        Assert.Equal(999, code);
        Assert.StartsWith("failed to load netconf: json: cannot unmarshal ", message, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot.Of(host, pod));
    }

    private static void Run(string script, bool besideUpstream = false)
    {
        string[] upstream = besideUpstream ? ["-f", $"{CniCall.UpstreamBin}:/opt/upstream"] : [];
        var result = VirtualMachine.Run(script, upstream);
        Assert.True(result.ExitCode == 0 && result.Output.EndsWith("all passed\n", StringComparison.Ordinal), result.Output + result.Error);
    }
}
