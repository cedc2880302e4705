using CniPlugins.Cni;
using CniPlugins.Flannel;

namespace CniPlugins.Tests.Unit;

/// <summary>subnet.env as flanneld has written it in all its versions.</summary>
public sealed class SubnetEnvTests
{
    private const string Usual = "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n";

    [Fact]
    public void Networks_and_subnets_are_masked_and_in_order()
    {
        var subnet = SubnetEnv.Parse("f", "# by hand\n" + Usual.Replace("0.0/16", "9.9/16,10.245.0.0/16,10.244.0.0/16", StringComparison.Ordinal)
            + "FLANNEL_IPV6_NETWORK=fd00::1/48\nFLANNEL_IPV6_SUBNET=fd00:0:0:1::1/64\nFLANNEL_NEW\nOTHER=a=b\n");
        Assert.Equal(["10.244.0.0/16", "10.245.0.0/16", "fd00::/48"], subnet.Networks.Select(each => each.ToString()));
        Assert.Equal(["10.244.1.0/24", "fd00:0:0:1::/64"], subnet.Subnets.Select(each => each.ToString()));
        Assert.Equal((1450u, true), (subnet.Mtu, subnet.IsMasqueraded));
    }

    [Fact]
    public void Later_lines_count_and_only_true_is_true()
    {
        var subnet = SubnetEnv.Parse("f", Usual + "FLANNEL_MTU=1400\r\nFLANNEL_IPMASQ=yes\n");
        Assert.Equal((1400u, false), (subnet.Mtu, subnet.IsMasqueraded));
    }

    [Theory]
    [InlineData("FLANNEL_MTU=-1", "strconv.ParseUint: parsing \"-1\": invalid syntax")]
    [InlineData("FLANNEL_MTU=", "strconv.ParseUint: parsing \"\": invalid syntax")]
    [InlineData("FLANNEL_NETWORK=10.0.0.0/8,", "invalid CIDR address: ")]
    [InlineData("FLANNEL_SUBNET", "f: FLANNEL_SUBNET has no value")]
    public void What_cannot_be_meant_is_named(string line, string expected) =>
        Assert.Equal(expected, Assert.Throws<ConfigException>(() => SubnetEnv.Parse("f", Usual + line)).Message);
}
