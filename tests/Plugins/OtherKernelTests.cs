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

    private static void Run(string script)
    {
        var result = VirtualMachine.Run(script);
        Assert.True(result.ExitCode == 0 && result.Output.EndsWith("all passed\n", StringComparison.Ordinal), result.Output + result.Error);
    }
}
