using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>What this machine's kernel may lack is tried on Debian's, in a virtual machine.</summary>
public sealed class VlanTests
{
    [Fact]
    public void Vlans_separate_pods_on_a_kernel_that_filters_them()
    {
        var result = VirtualMachine.Run("bridge-vlan.sh");
        Assert.True(result.ExitCode == 0 && result.Output.EndsWith("all passed\n", StringComparison.Ordinal), result.Output + result.Error);
    }
}
