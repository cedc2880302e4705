using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>What this machine's kernel lacks, or has and others lack, is tried on Debian's, in a virtual machine.</summary>
public sealed class OtherKernelTests
{
    [Fact]
    public void Vlans_separate_pods_on_a_kernel_that_filters_them() => Run("bridge-vlan.sh");

    [Fact]
    public void A_kernel_without_nf_tables_gets_iptables_form_and_one_without_both_a_clear_error() => Run("no-nftables.sh");

    [Fact]
    public void Sctp_reaches_the_pod_through_a_host_port() => Run("sctp.sh");

    [Fact]
    public void A_kernel_that_promises_no_memory_starts_plugins_and_one_with_huge_pages_gives_them_none() => Run("strict-memory.sh");

    [Fact]
    public void A_card_goes_into_a_pod_and_comes_back_by_whichever_way() =>
        Run("host-device.sh", "-t", "300", "-Q", "-netdev", "-Q", "hubport,id=n0,hubid=0", "-Q", "-device", "-Q", "virtio-net-pci,netdev=n0");

    [Fact]
    public void A_device_that_no_kernel_gives_back_is_never_lost_whenever_the_plugin_is_killed() => Run("host-device-kills.sh", "-t", "400");

    [Fact]
    public void A_pod_joins_and_leaves_one_two_and_three_networks_in_any_order()
    {
        foreach (var type in new[] { "macvlan", "sbr" })
            Assert.SkipUnless(File.Exists(Path.Combine(CniCall.OurBin, type)), $"no {type} in {CniCall.OurBin}");
        Run("several-networks.sh");
    }

    private static void Run(string script, params string[] options)
    {
        var result = VirtualMachine.Run(script, options);
        Assert.True(result.ExitCode == 0 && result.Output.EndsWith("all passed\n", StringComparison.Ordinal), result.Output + result.Error);
    }
}
