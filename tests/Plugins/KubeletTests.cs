using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>The whole chain under containerd's container runtime interface: pods with host ports, as the kubelet makes them.</summary>
public sealed class KubeletTests
{
    [Fact]
    public void A_pod_answers_on_its_host_port_and_leaves_nothing()
    {
        using var machine = ContainerdHost.Warm(RuntimeNetwork.Chain(), out var before);
        using var kubelet = new Kubelet(machine);
        WarmPorts(kubelet, ref before, machine);
        var web = kubelet.Run(new PodSpec("web") { HostPort = 8080 });
        var other = kubelet.Run(new PodSpec("other"));
        var addresses = kubelet.Addresses(web);
        Assert.Equal(2, addresses.Length);

        Assert.Equal("192.0.2.2", FromRemote(machine, "192.0.2.1"));
        Assert.Equal("2001:db8::2", FromRemote(machine, "2001:db8::1"));
        Assert.Equal("10.77.0.1", OciImage.ClientSeen(kubelet.Exec(other, OciImage.Ask("192.0.2.1", 8080)))); // a neighbour: the answer comes by the host too
        Assert.Equal("10.77.0.1", OciImage.ClientSeen(kubelet.Exec(web, OciImage.Ask("192.0.2.1", 8080)))); // its own port: by the host and back
        Assert.Equal("10.77.0.1", OciImage.ClientSeen(machine.Run(OciImage.Ask("127.0.0.1", 8080))));

        foreach (var pod in (string[])[web, other, web])
            kubelet.Stop(pod);
        foreach (var pod in (string[])[web, other, web])
            kubelet.Remove(pod);
        machine.UntilOnly(before);
    }

    [Fact]
    public void A_port_that_another_pod_has_is_refused_by_name_and_the_retry_gets_it()
    {
        using var machine = ContainerdHost.Warm(RuntimeNetwork.Chain(), out var before);
        using var kubelet = new Kubelet(machine);
        WarmPorts(kubelet, ref before, machine);
        var first = kubelet.Run(new PodSpec("first") { HostPort = 8080 });
        var (_, error) = kubelet.TryRun(new PodSpec("second") { HostPort = 8080 });
        Assert.Contains("8080", error, StringComparison.Ordinal);
        Assert.Contains(first, error, StringComparison.Ordinal);

        kubelet.Stop(first);
        kubelet.Remove(first);
        foreach (var half in kubelet.List())
            kubelet.Remove(half);
        machine.UntilOnly(before);
        var second = kubelet.Run(new PodSpec("second") { HostPort = 8080 });
        Assert.Equal("192.0.2.2", FromRemote(machine, "192.0.2.1"));
        kubelet.Stop(second);
        kubelet.Remove(second);
        machine.UntilOnly(before);
    }

    /// <summary>The first mapping brings tables that stay, as the first container brings a bridge.</summary>
    private static void WarmPorts(Kubelet kubelet, ref string before, ContainerdHost machine)
    {
        var pod = kubelet.Run(new PodSpec("warm") { HostPort = 8079 });
        kubelet.Stop(pod);
        kubelet.Remove(pod);
        before = machine.Traces();
    }

    private static string FromRemote(ContainerdHost machine, string host) =>
        OciImage.ClientSeen(Tool.Run("nsenter", [$"--net={machine.RemotePath}", .. OciImage.Ask(host, 8080)]));
}
