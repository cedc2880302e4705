using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>The whole chain inside Debian's containerd and runc, driven by <c>ctr run --cni</c>.</summary>
public sealed class ContainerdTests
{
    [Fact]
    public void A_container_reaches_the_host_a_neighbour_and_by_masquerade_the_world_and_leaves_nothing()
    {
        using var machine = ContainerdHost.Warm(RuntimeNetwork.Chain(), out var before);
        var containers = CtrContainer.Run(machine, "c1", "c2");
        using var remote = new ProbeServer(machine.Remote, "remote", [7000]);
        using var netns = machine.Host.OpenHost();
        using var host = new ProbeServer(netns, "host", [7000]);
        foreach (var (family, world, outer, gateway) in new[] { (4, "192.0.2.2", "192.0.2.1", "10.77.0.1"), (6, "2001:db8::2", "2001:db8::1", "fd00:77::1") })
        {
            var (own, neighbour) = (containers[0].Address(family), containers[1].Address(family));
            Assert.Equal($"remote {outer}", Ask(world));
            Assert.Equal($"host {own}", Ask(gateway));
            Assert.Equal($"host {own}", Ask(outer));
            Assert.Equal(own, containers[0].Get(neighbour));
        }

        CtrContainer.End(containers);
        machine.UntilOnly(before);

        string Ask(string address) => containers[0].Exec("nc", "-w", "5", address, "7000");
    }

    [Fact]
    public void Containers_that_come_and_go_at_the_same_time_have_addresses_of_their_own_and_leave_nothing()
    {
        using var machine = ContainerdHost.Warm(RuntimeNetwork.Chain(), out var before);
        var containers = CtrContainer.Run(machine, "c1", "c2", "c3", "c4", "c5", "c6");
        string[] addresses = [.. containers.Select(container => container.Address(4))];
        Assert.Equal(addresses.Length, addresses.Distinct().Count());
        foreach (var address in addresses)
            Assert.Equal(addresses[0], containers[0].Get(address));
        CtrContainer.End(containers);
        machine.UntilOnly(before);
    }
}
