using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>The whole chain under containerd's container runtime interface: pods with host ports and limits, as the kubelet makes them.</summary>
public sealed class KubeletTests : IDisposable
{
    private readonly Machine _machine = new();
    private readonly Containerd _containerd;
    private readonly Kubelet _kubelet;
    private readonly string _before;

    public KubeletTests()
    {
        try
        {
            _machine.AddNetwork("10-pods.conflist", RuntimeNetwork.Held);
            _containerd = new Containerd(_machine);
            _kubelet = new Kubelet(_containerd);
            _kubelet.End(_kubelet.Run(new PodSpec("warm") { HostPort = 8079 }));
            _before = _machine.Traces(); // the bridge, and empty tables
        }
        catch
        {
            _machine.Dispose();
            throw;
        }
    }

    [Fact]
    public void A_pod_answers_on_its_host_port_and_leaves_nothing()
    {
        var web = _kubelet.Run(new PodSpec("web") { HostPort = 8080 });
        var other = _kubelet.Run(new PodSpec("other"));
        Assert.Equal(2, _kubelet.Addresses(web).Length);

        Assert.Equal("192.0.2.2", FromRemote("192.0.2.1"));
        Assert.Equal("2001:db8::2", FromRemote("2001:db8::1"));
        Assert.Equal("10.77.0.1", _kubelet.Get(other, "192.0.2.1", 8080)); // the answers must come back by the host
        Assert.Equal("10.77.0.1", _kubelet.Get(web, "192.0.2.1", 8080));
        Assert.Equal("10.77.0.1", OciImage.ClientSeen(_machine.Run(OciImage.Ask("127.0.0.1", 8080))));
        Assert.Equal(_kubelet.Addresses(other)[0], _kubelet.Get(other, _kubelet.Addresses(web)[0], 80));

        _kubelet.End(web, other);
        _machine.UntilOnly(_before);
    }

    [Fact]
    public void Limits_of_a_pod_are_token_buckets_in_both_directions_and_leave_nothing()
    {
        var pod = _kubelet.Run(new PodSpec("slow") { Annotations = { ["kubernetes.io/ingress-bandwidth"] = "8M", ["kubernetes.io/egress-bandwidth"] = "16M" } });
        var qdiscs = _machine.Run("tc", "qdisc", "show");
        Assert.Contains("rate 8Mbit", qdiscs, StringComparison.Ordinal);
        Assert.Contains("rate 16Mbit", qdiscs, StringComparison.Ordinal);
        _kubelet.End(pod);
        _machine.UntilOnly(_before);
    }

    [Fact]
    public void A_port_that_another_pod_has_is_refused_by_name_and_the_retry_gets_it()
    {
        var first = _kubelet.Run(new PodSpec("first") { HostPort = 8080 });
        var (_, error) = _kubelet.TryRun(new PodSpec("second") { HostPort = 8080 });
        Assert.Contains("8080", error, StringComparison.Ordinal);
        Assert.Contains(first, error, StringComparison.Ordinal);

        _kubelet.End(first);
        _kubelet.End(_kubelet.List());
        _machine.UntilOnly(_before);
        var second = _kubelet.Run(new PodSpec("second") { HostPort = 8080 });
        Assert.Equal("192.0.2.2", FromRemote("192.0.2.1"));
        _kubelet.End(second);
        _machine.UntilOnly(_before);
    }

    [Fact]
    public void Pods_that_come_and_go_at_the_same_time_leave_nothing()
    {
        var pods = _kubelet.RunAll([.. Enumerable.Range(1, 6).Select(number => new PodSpec($"p{number}") { HostPort = 8080 + number })]);
        Assert.Equal(pods.Length, pods.Select(pod => _kubelet.Addresses(pod)[0]).Distinct().Count());
        _kubelet.EndAll(pods);
        _machine.UntilOnly(_before);
    }

    [Fact]
    public void Behind_whichever_plugin_containerd_is_killed_GC_takes_away_what_it_has_forgotten_and_the_port_is_free()
    {
        for (var plugin = 1; plugin <= RuntimeNetwork.Length; plugin++)
        {
            _machine.HoldBehind(plugin, add: () => _kubelet.Begin(new PodSpec($"p{plugin}") { HostPort = 8080 }), meanwhile: _containerd.Kill);
            Assert.NotEqual(_before, _machine.Traces());
            _containerd.Start();
            _machine.Until(() => _kubelet.IsReady, "containerd's interface for the kubelet is not ready");
            _kubelet.End(_kubelet.List());
            _machine.CollectGarbage(valid: "nobody/eth0");
            ForgetNamespaces();
            _machine.UntilOnly(_before);
        }

        var pod = _kubelet.Run(new PodSpec("next") { HostPort = 8080 });
        Assert.Equal("192.0.2.2", FromRemote("192.0.2.1"));
        _kubelet.End(pod);
        _machine.UntilOnly(_before);
    }

    public void Dispose()
    {
        _kubelet.Dispose();
        _machine.Dispose();
    }

    /// <summary>The address that the pod sees; its server may take a moment to listen.</summary>
    private string FromRemote(string host)
    {
        var seen = "";
        _machine.Until(
            () => _machine.TryRemotely(OciImage.Ask(host, 8080)) is { ExitCode: 0, Output: var answer } && (seen = OciImage.ClientSeen(answer)).Length > 0,
            $"{host} does not answer");
        return seen;
    }

    /// <summary>containerd 1.6 that dies before it has written a pod down forgets the namespace it has made for it.</summary>
    private void ForgetNamespaces()
    {
        foreach (var name in _machine.Run("ls", "/run/netns").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            _machine.Run("ip", "netns", "del", name);
    }
}
