using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>DEL takes the attachment away whatever has happened since ADD, and nobody else's.</summary>
public sealed class BridgeDelTests
{
    [Theory]
    [InlineData("as ADD left it")]
    [InlineData("namespace gone")]
    [InlineData("namespace not given")]
    [InlineData("bridge gone")]
    [InlineData("interface gone")]
    [InlineData("interface renamed")]
    [InlineData("leases gone")]
    [InlineData("lease directory gone")]
    [InlineData("configuration changed for the worse")]
    public void Everything_is_taken_away_and_a_second_time_is_fine(string what)
    {
        using var host = new Sandbox();
        host.AddBridge();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var conf = Conf.Bridge(Conf.DualStack(host));
        var before = Snapshot.Of(host);
        cni.Add(conf, "c1", pod);
        var netns = pod;
        switch (what)
        {
            case "as ADD left it":
                break;
            case "namespace gone":
                host.RemovePod(pod);
                break;
            case "namespace not given":
                netns = "";
                break;
            case "bridge gone":
                host.Ip("link del br0");
                host.AddBridge();
                break;
            case "interface gone":
                Sandbox.PodIp(pod, "link del eth0");
                break;
            case "interface renamed":
                Sandbox.PodIp(pod, "link set eth0 name other0");
                break;
            case "leases gone":
                Directory.Delete(Path.Combine(Conf.LeaseDirectory(host), "net1"), recursive: true);
                break;
            case "lease directory gone":
                Directory.Delete(Conf.LeaseDirectory(host), recursive: true);
                break;
            case "configuration changed for the worse":
                conf = conf.Replace("\"bridge\":\"br0\"", "\"bridge\":\"br9\",\"vlan\":5000,\"hairpinMode\":true,\"promiscMode\":true", StringComparison.Ordinal);
                break;
            default:
                Assert.Fail(what);
                break;
        }

        cni.Del(conf, "c1", netns);
        cni.Del(conf, "c1", netns);
        Assert.Equal(before, Snapshot.Of(host));
        Assert.True(!File.Exists(pod) || Sandbox.PodIpJson(pod, "link").GetArrayLength() == 1);
    }

    [Fact]
    public void A_namespace_path_that_another_pod_has_by_now_is_left_to_that_pod()
    {
        using var host = new Sandbox();
        var (old, young) = (host.AddPod(), host.AddPod());
        var cni = new CniCall(host);
        var result = cni.Add(Conf.Typical(host), "old", old);
        cni.Add(Conf.Typical(host), "young", young);

        cni.Del(Conf.Typical(host), "old", young); // the path that once was old's

        Assert.Equal("UP", Sandbox.PodIpJson(young, "link show eth0")[0].GetProperty("operstate").GetString());
        Assert.Equal(["10.1.0.3", "fd00:1::3"], Conf.Leases(host));
        Assert.Equal(0, Sandbox.TryInPod(young, "ping", "-c1", "-W1", "10.1.0.1").ExitCode);
        // The old pod's interface is found all the same, by its owner's name on the host.
        Assert.NotEqual(0, Tool.Try("ip", "-n", host.HostName, "link", "show", result.GetProperty("interfaces")[1].GetProperty("name").GetString()!).ExitCode);
    }

    [Fact]
    public void Three_at_once_do_not_disturb_each_other()
    {
        using var host = new Sandbox();
        host.AddBridge();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var conf = Conf.Bridge(Conf.DualStack(host));
        var before = Snapshot.Of(host, pod);
        for (var round = 0; round < 5; round++)
        {
            cni.Add(conf, "c1", pod);
            System.Threading.Tasks.Parallel.For(0, 3, _ => cni.Del(conf, "c1", pod));
            Assert.Equal(before, Snapshot.Of(host, pod));
        }
    }

    [Fact]
    public void A_file_where_the_namespace_was_is_a_namespace_that_is_gone()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        cni.Add(Conf.Typical(host), "c1", pod);
        host.RemovePod(pod);
        File.WriteAllText(pod, ""); // what a mount leaves behind when somebody else unmounts it
        var reply = cni.Run("DEL", Conf.Typical(host), "c1", pod);
        Assert.Equal((0, ""), (reply.ExitCode, reply.Output));
        Assert.StartsWith($"bridge: unknown FS magic on \"{pod}\": ", reply.Error, StringComparison.Ordinal);
        Assert.Empty(Conf.Leases(host));
        File.Delete(pod);
    }

    [Fact]
    public void A_namespace_path_that_leads_to_the_host_by_now_is_an_error_but_everything_outside_of_the_pod_goes()
    {
        using var host = new Sandbox();
        host.AddBridge();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var before = Snapshot.Of(host);
        var conf = Conf.Bridge(Conf.DualStack(host));
        cni.Add(conf, "c1", pod);
        Assert.Equal(8, CniCall.Error(cni.Run("DEL", conf, "c1", host.HostPath)).Code);
        Snapshot.ShouldBecome(before, host);
    }

    [Fact]
    public void All_that_goes_wrong_is_reported_at_once_and_everything_else_goes()
    {
        using var host = new Sandbox();
        host.AddBridge();
        var before = Snapshot.Of(host);
        var conf = Conf.Bridge(Conf.DualStack(host));
        new CniCall(host).Add(conf, "c1", host.AddPod());
        var loop = Path.Combine(host.Directory, "loop");
        File.CreateSymbolicLink(loop, loop);
        var (_, message, _) = CniCall.Error(new CniCall(host) { CniPath = "/nowhere" }.Run("DEL", conf, "c1", loop));
        Assert.Contains($"\"{loop}\": too many levels of symbolic links; ", message, StringComparison.Ordinal);
        Assert.EndsWith("; failed to find plugin \"host-local\" in path [/nowhere]", message, StringComparison.Ordinal);
        Assert.NotEmpty(Conf.Leases(host));
        new CniCall(host).Del(conf, "c1", ""); // what has failed is done by the next
        Snapshot.ShouldBecome(before, host);
    }

    [Fact]
    public void An_address_plugin_that_is_missing_is_an_error_but_the_interface_goes()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        new CniCall(host).Add(Conf.Typical(host), "c1", pod);
        var (code, message, _) = CniCall.Error(new CniCall(host) { CniPath = "/nowhere" }.Run("DEL", Conf.Typical(host), "c1", pod));
        Assert.Equal((999, "failed to find plugin \"host-local\" in path [/nowhere]"), (code, message));
        Assert.Single(Sandbox.PodIpJson(pod, "link").EnumerateArray());
    }

    [Fact]
    public void DEL_goes_on_through_the_signals_that_end_a_process()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        cni.Add(Conf.Typical(host), "c1", pod);
        // The plugin sits reading its standard input when the signals come.
        var script = $"(sleep 0.3; cat {host.Directory}/conf) | {CniCall.OurBin}/bridge & sleep 0.1; kill -TERM $!; kill -INT $!; kill -HUP $!; wait $!";
        File.WriteAllText(Path.Combine(host.Directory, "conf"), Conf.Typical(host));
        var reply = cni.Execute(["/bin/sh", "-c", script], [], cni.VariablesFor("DEL", "c1", pod));
        Assert.Equal((0, "", ""), (reply.ExitCode, reply.Output, reply.Error));
        Assert.Single(Sandbox.PodIpJson(pod, "link").EnumerateArray());
    }
}
