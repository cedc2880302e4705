using CniPlugins.Cnitool;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>The whole chain inside Debian's containerd and runc, driven by <c>ctr run --cni</c>.</summary>
public sealed class ContainerdTests : IDisposable
{
    private readonly Machine _machine = new();

    public ContainerdTests() => _machine.AddNetwork("10-pods.conflist", RuntimeNetwork.Chain());

    [Fact]
    public void A_container_reaches_the_host_a_neighbour_and_by_masquerade_the_world_and_leaves_nothing()
    {
        var containerd = new Containerd(_machine);
        var before = containerd.Warm();
        var containers = CtrContainer.Run(containerd, "c1", "c2");
        using var remote = new ProbeServer(_machine.Remote, "remote", [7000]);
        using var netns = _machine.Host.OpenHost();
        using var host = new ProbeServer(netns, "host", [7000]);
        foreach (var (family, world, outer, gateway) in new[] { (4, "192.0.2.2", "192.0.2.1", "10.77.0.1"), (6, "2001:db8::2", "2001:db8::1", "fd00:77::1") })
        {
            var (own, neighbour) = (containers[0].Address(family), containers[1].Address(family));
            Assert.Equal($"remote {outer}", Ask(world));
            Assert.Equal($"host {own}", Ask(gateway));
            Assert.Equal($"host {own}", Ask(outer));
            Assert.Equal(own, containers[0].Get(neighbour));
        }

        Assert.Equal("513", containers[0].Exec("cat", "/proc/sys/net/core/somaxconn").Trim());
        Assert.Equal("1400", containers[0].Exec("cat", "/sys/class/net/eth0/mtu").Trim());
        CtrContainer.End(containers);
        _machine.UntilOnly(before);

        string Ask(string address) => containers[0].Exec("nc", "-w", "5", address, "7000");
    }

    [Fact]
    public void Containers_that_come_and_go_at_the_same_time_have_addresses_of_their_own_and_leave_nothing()
    {
        var containerd = new Containerd(_machine);
        var before = containerd.Warm();
        var containers = CtrContainer.Run(containerd, "c1", "c2", "c3", "c4", "c5", "c6");
        string[] addresses = [.. containers.Select(container => container.Address(4))];
        Assert.Equal(addresses.Length, addresses.Distinct().Count());
        foreach (var address in addresses)
            Assert.Equal(addresses[0], containers[0].Get(address));
        CtrContainer.End(containers);
        _machine.UntilOnly(before);
    }

    [Fact]
    public void Behind_whichever_plugin_containerd_is_killed_the_DEL_that_ctr_runs_leaves_nothing()
    {
        _machine.AddNetwork("10-pods.conflist", RuntimeNetwork.Held);
        var containerd = new Containerd(_machine);
        var before = containerd.Warm();
        for (var plugin = 1; plugin <= RuntimeNetwork.Length; plugin++)
        {
            CtrContainer? container = null;
            _machine.HoldBehind(plugin, add: () => container = new CtrContainer(containerd, $"c{plugin}"), meanwhile: containerd.Kill);
            container!.UntilGivenUp();
            containerd.Start();
            container.Forget();
            _machine.UntilOnly(before);
        }
    }

    [Fact]
    public void Behind_whichever_plugin_containerd_and_ctr_are_killed_GC_takes_away_what_nobody_knows_and_nothing_else()
    {
        _machine.AddNetwork("10-pods.conflist", RuntimeNetwork.Held);
        var containerd = new Containerd(_machine);
        _machine.Run("ip", "netns", "add", "alive");
        _machine.Cnitool("add", "pods", "/run/netns/alive");
        var before = containerd.Warm();
        for (var plugin = 1; plugin <= RuntimeNetwork.Length; plugin++)
        {
            CtrContainer? container = null;
            _machine.HoldBehind(plugin, add: () => container = new CtrContainer(containerd, $"c{plugin}"), meanwhile: () =>
            {
                containerd.Kill();
                container!.KillRuntime();
            });
            Assert.NotEqual(before, _machine.Traces());
            containerd.Start();
            container!.Forget();
            _machine.CollectGarbage(valid: $"{ToolSettings.ContainerIdOf("/run/netns/alive")}/eth0");
            _machine.UntilOnly(before);
        }

        _machine.Cnitool("check", "pods", "/run/netns/alive");
        _machine.Cnitool("del", "pods", "/run/netns/alive");
    }

    public void Dispose() => _machine.Dispose();
}
