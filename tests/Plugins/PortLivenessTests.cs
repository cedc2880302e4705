using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>Who holds a port lives as long as anything of it does; the path of its namespace alone says neither.</summary>
public sealed class PortLivenessTests : IDisposable
{
    private static readonly string Ports = PortNetwork.Ports(8080);

    private readonly Sandbox _host = new();
    private readonly ChainCall _runtime;

    public PortLivenessTests() => _runtime = new ChainCall(_host);

    public void Dispose() => _host.Dispose();

    /// <summary>Apptainer, rootless runtimes, units with private mounts: what was a path for ADD is none for others.</summary>
    [Theory]
    [InlineData("bridge")]
    [InlineData("ptp")]
    public void A_pod_whose_path_is_in_another_mount_namespace_keeps_its_port(string type)
    {
        var pod = _host.AddPod();
        var path = Path.Combine(_host.Directory, "elsewhere");
        File.WriteAllText(path, "");
        Tool.Run("mount", "--bind", pod, path);
        _runtime.Add(Network(type), "c1", path, Ports);
        Tool.Run("umount", path);
        Assert.Contains("8080/tcp is taken by container c1", Refusal(type), StringComparison.Ordinal);
        File.Delete(path);
        Assert.Contains("8080/tcp is taken by container c1", Refusal(type), StringComparison.Ordinal);
        _host.RemovePod(pod);
        _runtime.Add(Network(type), "c2", _host.AddPod(), Ports);
    }

    [Theory]
    [InlineData("bridge")]
    [InlineData("ptp")]
    public void A_new_namespace_at_a_dead_pods_path_holds_no_port(string type)
    {
        var pod = _host.AddPod();
        _runtime.Add(Network(type), "c1", pod, Ports);
        Tool.Run("ip", "netns", "del", Path.GetFileName(pod));
        Tool.Run("ip", "netns", "add", Path.GetFileName(pod));
        _runtime.Add(Network(type), "c2", _host.AddPod(), Ports);
    }

    /// <summary>What another suite's plugin has connected bears no owner's name on the host.</summary>
    [Fact]
    public void A_pod_whose_link_bears_no_name_keeps_its_port_while_it_has_its_address()
    {
        var pod = _host.AddPod();
        _runtime.Add(Network("bridge"), "c1", pod, Ports);
        foreach (var link in _host.IpJson("link show type veth").EnumerateArray())
            _host.Ip($"link set {link.GetProperty("ifname").GetString()} alias x");
        Assert.Contains("8080/tcp is taken by container c1", Refusal("bridge"), StringComparison.Ordinal);
        Sandbox.PodIp(pod, "addr flush dev eth0");
        _runtime.Add(Network("bridge"), "c2", _host.AddPod(), Ports);
    }

    private string Refusal(string type)
    {
        var pod = _host.AddPod();
        var message = Assert.ThrowsAny<Exception>(() => _runtime.Add(Network(type), "c3", pod, Ports)).Message;
        _runtime.Del(Network(type), "c3", pod, Ports);
        return message;
    }

    private string Network(string type) =>
        $$"""
        {"cniVersion":"1.0.0","name":"net1","plugins":[
          {"type":"{{type}}","isGateway":true,{{Conf.HostLocal(_host, "[]", "10.1.0.0/24")}} },
          {"type":"portmap","capabilities":{"portMappings":true} }]}
        """;
}
