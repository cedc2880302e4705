using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>GC takes away what belongs to no valid attachment of its network, and STATUS says whether ADD could work.</summary>
public sealed class BridgeGcTests
{
    private static readonly string Net1 = Conf.Bridge(version: "1.1.0");
    private static readonly string Net2 = Conf.Bridge(version: "1.1.0", name: "net2");

    [Fact]
    public void What_the_list_does_not_name_goes_and_nothing_else()
    {
        using var host = new Sandbox();
        var pods = Enumerable.Range(0, 3).Select(_ => host.AddPod()).ToArray();
        var cni = new CniCall(host);
        cni.Add(Net1, "stale", pods[0]);
        cni.Add(Net1, "valid", pods[1]);
        cni.Add(Net1, "valid", pods[1], "eth1");
        cni.Add(Net2, "stale", pods[2]);
        cni.Gc(Net1, ("valid", "eth0"));
        Assert.Equal([0, 1, 1], pods.Select(Attachments));
        Assert.Equal(0, Tool.Try("ip", "-n", Path.GetFileName(pods[1]), "link", "show", "eth0").ExitCode);
    }

    [Fact]
    public void An_empty_list_says_that_nothing_is_valid()
    {
        using var host = new Sandbox();
        var (mine, other) = (host.AddPod(), host.AddPod());
        var cni = new CniCall(host);
        cni.Add(Net1, "c1", mine);
        cni.Add(Net2, "c1", other);
        cni.Gc(Net1);
        Assert.Equal((0, 1), (Attachments(mine), Attachments(other)));
    }

    [Fact]
    public void A_missing_list_removes_nothing_and_says_so()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        cni.Add(Net1, "c1", pod);
        var reply = cni.Run("GC", Net1, "", "", "");
        Assert.Equal((0, ""), (reply.ExitCode, reply.Output));
        Assert.Contains("nothing was removed", reply.Error, StringComparison.Ordinal);
        Assert.Equal(1, Attachments(pod));
    }

    [Theory]
    [InlineData("cni.dev/valid-attachments")]
    [InlineData("cni.dev/attachments")]
    public void Both_spellings_of_the_list_are_read(string key)
    {
        using var host = new Sandbox();
        var (stale, valid) = (host.AddPod(), host.AddPod());
        var cni = new CniCall(host);
        cni.Add(Net1, "stale", stale);
        cni.Add(Net1, "valid", valid);
        var reply = cni.Run("GC", Conf.Bridge($$""" "{{key}}":[{"containerID":"valid","ifname":"eth0"}]""", "1.1.0"), "", "", "");
        Assert.Equal((0, ""), (reply.ExitCode, reply.Output));
        Assert.Equal((0, 1), (Attachments(stale), Attachments(valid)));
    }

    [Fact]
    public void What_is_younger_than_the_call_or_has_no_owner_is_spared()
    {
        using var host = new Sandbox();
        var (young, foreign) = (host.AddPod(), host.AddPod());
        var cni = new CniCall(host);
        var interfaces = cni.Add(Net1, "young", young).GetProperty("interfaces");
        var outer = interfaces[1].GetProperty("name").GetString()!;
        var alias = host.IpJson($"link show {outer}")[0].GetProperty("ifalias").GetString()!;
        Tool.Run("ip", "-n", host.HostName, "link", "set", outer, "alias", alias[..(alias.LastIndexOf(' ') + 1)] + long.MaxValue);
        host.Ip($"link add vethforeign master br0 type veth peer name eth0 netns {Path.GetFileName(foreign)}");
        cni.Gc(Net1);
        Assert.Equal((1, 1), (Attachments(young), Attachments(foreign)));
    }

    [Fact]
    public void The_address_plugin_collects_too()
    {
        using var host = new Sandbox();
        var ipam = new FakeIpam(host, "");
        var conf = Conf.Bridge(FakeIpam.Conf, "1.1.0");
        new CniCall(host) { CniPath = ipam.CniPath }.Gc(conf, ("c1", "eth0"));
        Assert.Equal(["GC"], ipam.Calls);
        Assert.Contains("cni.dev/valid-attachments", ipam.Stdin, StringComparison.Ordinal);
    }

    [Fact]
    public void Leases_of_attachments_that_are_not_valid_go_with_their_interfaces()
    {
        using var host = new Sandbox();
        var (stale, valid) = (host.AddPod(), host.AddPod());
        var cni = new CniCall(host);
        cni.Add(Conf.Typical(host, "1.1.0"), "stale", stale);
        cni.Add(Conf.Typical(host, "1.1.0"), "valid", valid);
        cni.Gc(Conf.Typical(host, "1.1.0"), ("valid", "eth0"));
        Assert.Equal((0, 1), (Attachments(stale), Attachments(valid)));
        Assert.Equal(["10.1.0.3", "fd00:1::3"], Conf.Leases(host));
    }

    [Fact]
    public void STATUS_is_good_when_ADD_could_work_and_asks_the_address_plugin()
    {
        using var host = new Sandbox();
        var ipam = new FakeIpam(host, "");
        var reply = new CniCall(host) { CniPath = ipam.CniPath }.Status(Conf.Bridge(FakeIpam.Conf, "1.1.0"));
        Assert.Equal((0, "", ""), (reply.ExitCode, reply.Output, reply.Error));
        Assert.Equal(["STATUS"], ipam.Calls);
        Assert.Single(host.IpJson("link").EnumerateArray());
    }

    [Fact]
    public void STATUS_names_what_keeps_ADD_from_working()
    {
        using var host = new Sandbox();
        var cni = new CniCall(host) { CniPath = "/nowhere" };
        Assert.Equal(
            (999, "failed to find plugin \"host-local\" in path [/nowhere]", "CNI_PATH says where plugins are"),
            CniCall.Error(cni.Status(Conf.Typical(host, "1.1.0"))));
        host.Ip("link add br0 type veth peer name other");
        var (code, message, _) = CniCall.Error(cni.Status(Net1));
        Assert.Equal((50, "\"br0\" already exists but is not a bridge"), (code, message));
    }

    private static int Attachments(string pod) =>
        Sandbox.PodIpJson(pod, "link").EnumerateArray().Count(link => link.GetProperty("ifname").GetString() != "lo");
}
