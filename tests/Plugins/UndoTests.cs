using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>ADD that fails at any step leaves host, pod and reservations as they were.</summary>
public sealed class UndoTests
{
    private const string Taken = """already exists$""";

    [Theory]
    [InlineData("interface name taken", "^container veth name \\(\"eth0\"\\) peer provided \\(\"veth[0-9a-f]{8}\"\\) already exists$")]
    [InlineData("bridge name taken", "^failed to create bridge \"br0\": \"br0\" already exists but is not a bridge$")]
    [InlineData("bridge name empty", "^failed to create bridge \"\": could not add \"\": ")]
    [InlineData("bridge name impossible", "^failed to create bridge \"\\.\\./br0\": could not add \"\\.\\./br0\": ")]
    [InlineData("bridge has a conflicting address", "^failed to set bridge addr: \"br0\" already has an IP address different from 10.1.0.1/24$")]
    [InlineData("range exhausted", "no IP addresses available in range set: 10.1.0.1-10.1.0.2$")]
    [InlineData("second range exhausted", "no IP addresses available in range set: 10.2.0.1-10.2.0.2$")]
    [InlineData("impossible mtu", "^failed to create bridge \"br1\": could not add \"br1\": |^failed to make veth pair: ")]
    [InlineData("dns of the wrong type", "^failed to load netconf: json: cannot unmarshal number into Go struct field \\.dns of type")]
    [InlineData("namespace gone", "^failed to open netns \"/run/netns/gone\": failed to Statfs \"/run/netns/gone\": no such file or directory$")]
    [InlineData("vlan on a bridge that filters none", "^bridge: failed to |^failed to ")]
    public void A_step_that_fails_leaves_nothing(string what, string expected)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var conf = Conf.Bridge($"\"isGateway\":true,{Conf.DualStack(host)}");
        if (what == "bridge name taken")
            host.Ip("link add br0 type veth peer name br1");
        else
            host.AddBridge();
        var netns = pod;
        switch (what)
        {
            case "interface name taken":
                Sandbox.PodIp(pod, "link add eth0 type veth peer name eth1");
                break;
            case "bridge name taken":
                break;
            case "bridge name empty":
                conf = conf.Replace("\"br0\"", "\"\"", StringComparison.Ordinal);
                break;
            case "bridge name impossible":
                conf = conf.Replace("\"br0\"", "\"../br0\"", StringComparison.Ordinal);
                break;
            case "bridge has a conflicting address":
                host.Ip("addr add 10.9.9.1/24 dev br0");
                break;
            case "range exhausted":
                conf = Conf.Bridge(Conf.HostLocal(host, "[]", "10.1.0.0/30"));
                new CniCall(host).Add(conf, "other", host.AddPod());
                break;
            case "second range exhausted":
                new CniCall(host).Add(Conf.Bridge(Conf.HostLocal(host, "[]", "10.2.0.0/30")), "other", host.AddPod());
                conf = Conf.Bridge(Conf.HostLocal(host, "[]", "10.1.0.0/24", "10.2.0.0/30"));
                break;
            case "impossible mtu":
                conf = conf.Replace("\"br0\"", "\"br1\",\"mtu\":2000000000", StringComparison.Ordinal);
                break;
            case "dns of the wrong type":
                conf = conf.Replace("\"br0\"", "\"br0\",\"dns\":5", StringComparison.Ordinal);
                break;
            case "namespace gone":
                netns = "/run/netns/gone";
                break;
            case "vlan on a bridge that filters none":
                conf = conf.Replace("\"br0\"", "\"br0\",\"vlan\":5", StringComparison.Ordinal);
                break;
            default:
                Assert.Fail(what);
                break;
        }

        var before = Snapshot.Of(host, pod);
        var (code, message, _) = CniCall.Error(new CniCall(host).Run("ADD", conf, "c1", netns));
        Assert.Equal(999, code);
        Assert.Matches(expected, message);
        Assert.Equal(before, Snapshot.Of(host, pod));
    }

    [Fact]
    public void Kernel_settings_that_cannot_be_written_fail_an_IPv6_ADD_and_leave_nothing()
    {
        using var host = new Sandbox();
        host.AddBridge();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var before = Snapshot.Of(host, pod);
        File.WriteAllText(Path.Combine(host.Directory, "conf"), Conf.Bridge(Conf.DualStack(host)));
        var script = $"mount -o bind,ro /proc/sys /proc/sys && exec {CniCall.OurBin}/bridge <{host.Directory}/conf";
        var reply = cni.Execute(["unshare", "-m", "sh", "-c", script], [], cni.VariablesFor("ADD", "c1", pod));
        var (code, message, details) = CniCall.Error(reply);
        Assert.Equal((999, "failed to enable keep_addr_on_down for interface \"eth0\": read-only file system"), (code, message));
        Assert.Contains("EROFS", details, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot.Of(host, pod));
    }

    [Theory]
    [InlineData("", "^failed to unmarshal raw result: ")]
    [InlineData("garbage", "^failed to unmarshal raw result: ")]
    [InlineData("""{"cniVersion":"1.0.0","ips":[{"address":"10.1.0.2/24"},{"addr""", "^failed to unmarshal raw result: ")]
    [InlineData("""{"cniVersion":"1.0.0","ips":[{"address":"10.1.0.2/99"}]}""", "invalid CIDR address: 10.1.0.2/99$")]
    [InlineData("""{"cniVersion":"1.0.0","ips":5}""", "^failed to unmarshal raw result: json: cannot unmarshal number")]
    [InlineData("""{"cniVersion":"7.0.0","ips":[{"address":"10.1.0.2/24"}]}""", "unsupported CNI result version \"7.0.0\"$")]
    [InlineData("{}", "^IPAM plugin returned missing IP config$")]
    [InlineData("""{"cniVersion":"1.0.0","ips":[]}""", "^IPAM plugin returned missing IP config$")]
    [InlineData("""{"cniVersion":"1.0.0","ips":[{"address":"10.1.0.2/24"},{"address":"10.1.0.2/24"}]}""", "^failed to add IP addr 10.1.0.2/24 to \"eth0\": file exists")]
    [InlineData("""{"cniVersion":"1.0.0","ips":[{"address":"10.1.0.2/24"}],"routes":[{"dst":"10.9.0.0/16","gw":"192.0.2.1"}]}""",
        "^failed to add route '\\{10.9.0.0 ffff0000\\} via 192.0.2.1 dev eth0 metric 0 \\(Scope: universe, Table: 0\\)': (network is unreachable|no route to host)")]
    [InlineData("""{"cniVersion":"1.0.0","ips":[{"address":"10.1.0.2/24"}],"routes":[{"dst":"10.9.0.0/16"},{"dst":"10.9.0.0/16"}]}""", "^failed to add route .*: file exists")]
    [InlineData("""{"cniVersion":"1.0.0","ips":[{"address":"10.1.0.2/24","gateway":"10.1.0.254"}],"routes":[{"dst":"::/0"}]}""", "")]
    public void An_address_plugins_answer_that_cannot_be_used_is_given_back(string answer, string expected)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        host.AddBridge();
        var ipam = new FakeIpam(host, answer);
        var before = Snapshot.Of(host, pod);
        var reply = new CniCall(host) { CniPath = ipam.CniPath }.Run("ADD", Conf.Bridge(FakeIpam.Conf), "c1", pod);
        if (expected.Length == 0)
        {
            // An on-link route of the other family is odd, but the kernel takes it.
            Assert.Equal(0, reply.ExitCode);
            return;
        }

        var (code, message, _) = CniCall.Error(reply);
        Assert.Equal(999, code);
        Assert.Matches(expected, message);
        Assert.Equal(["ADD", "DEL"], ipam.Calls);
        Assert.Equal(before, Snapshot.Of(host, pod));
    }

    [Theory]
    [InlineData("""{"code":11,"msg":"later","details":"soon"}""", 11, "later", "soon")]
    [InlineData("""{"msg":"no code"}""", 0, "no code", "")]
    [InlineData("", 999, "netplugin failed with no error message: exit status 3", "")]
    public void An_address_plugins_own_error_is_passed_on_and_not_given_back(string answer, int code, string message, string details)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var ipam = new FakeIpam(host, answer, exitCode: 3);
        var before = Snapshot.Of(host, pod);
        var reply = new CniCall(host) { CniPath = ipam.CniPath }.Run("ADD", Conf.Bridge(FakeIpam.Conf), "c1", pod);
        Assert.Equal((code, message, details), CniCall.Error(reply));
        Assert.Equal(["ADD"], ipam.Calls);
        Assert.Equal(before, Snapshot.Of(host, pod));
    }

    [Fact]
    public void A_second_ADD_of_the_same_attachment_fails_and_leaves_the_first_alone()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        cni.Add(Conf.Typical(host), "c1", pod);
        var before = Snapshot.Of(host, pod);
        var (_, message, details) = CniCall.Error(cni.Run("ADD", Conf.Typical(host), "c1", pod));
        Assert.Matches(Taken, message);
        Assert.Contains("DEL", details, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot.Of(host, pod));
        Assert.Equal(0, Sandbox.TryInPod(pod, "ping", "-c1", "-W1", "10.1.0.1").ExitCode);
    }

    [Fact]
    public void The_port_that_a_bridge_cannot_take_is_refused_with_the_limit_and_nothing_is_left()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        host.AddBridge();
        var batch = Path.Combine(host.Directory, "batch");
        File.WriteAllLines(batch, Enumerable.Range(0, 1023).Select(i => $"link add p{i} master br0 type veth peer name q{i}"));
        Tool.Run("ip", "-n", host.HostName, "-batch", batch);
        var before = Snapshot.Of(host, pod);
        var (code, message, details) = CniCall.Error(new CniCall(host).Run("ADD", Conf.Bridge(Conf.DualStack(host)), "c1", pod));
        Assert.Equal(999, code);
        Assert.Contains("to bridge br0: ", message, StringComparison.Ordinal);
        Assert.Contains("EXFULL", details, StringComparison.Ordinal);
        Assert.Contains("1023 ports, the kernel's limit", details, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot.Of(host, pod));
    }
}
