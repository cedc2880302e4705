using System.Text.Json;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>macspoofchk: a pod sends with the hardware address it was given or not at all.</summary>
public sealed class MacSpoofTests
{
    private const string Wrong = "02:00:00:00:00:99";

    // A frame to everybody, of a protocol that nobody speaks (ETH_P_802_EX1).
    private static readonly byte[] Broadcast = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    private static readonly byte[] Experimental = [0x88, 0xb5];
    private static readonly byte[] Filling = new byte[46];

    [Theory]
    [InlineData("10.1.0.1")]
    [InlineData("fd00:1::1")]
    [InlineData("10.1.0.3")]
    public void A_pod_that_takes_another_address_is_not_heard(string target)
    {
        using var host = new Sandbox();
        var (guarded, free) = (host.AddPod(), host.AddPod());
        var cni = new CniCall(host);
        var result = cni.Add(Guarded(host), "c1", guarded);
        cni.Add(Conf.Typical(host), "c2", free);
        Assert.True(Pings(guarded, target));
        Assert.Single(Rules(host));
        cni.Check(Guarded(host), result, "c1", guarded);

        var mac = Sandbox.PodIpJson(guarded, "link show eth0")[0].GetProperty("address").GetString();
        Sandbox.PodIp(guarded, $"link set eth0 address {Wrong}");
        Assert.False(Pings(guarded, target));
        Sandbox.PodIp(guarded, $"link set eth0 address {mac}");
        Assert.True(Pings(guarded, target));

        Sandbox.PodIp(free, $"link set eth0 address {Wrong}"); // nobody asked for a check of this one
        Assert.True(Pings(free, "10.1.0.1"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Frames_with_a_foreign_source_do_not_reach_the_neighbours(bool guard)
    {
        using var host = new Sandbox();
        var (sender, neighbour) = (host.AddPod(), host.AddPod());
        var cni = new CniCall(host);
        cni.Add(guard ? Guarded(host) : Conf.Typical(host), "c1", sender);
        cni.Add(Conf.Typical(host), "c2", neighbour);
        var own = Bytes(Sandbox.PodIpJson(sender, "link show eth0")[0].GetProperty("address").GetString()!);
        using var from = PacketSocket.Open(sender, "eth0");
        using var to = PacketSocket.Open(neighbour, "eth0");
        from.Send(Broadcast, Bytes(Wrong), Experimental, Filling);
        from.Send(Broadcast, own, Experimental, Filling);
        var heard = to.ReceiveUntil([.. own, .. Experimental]);
        Assert.Equal(!guard, heard.Any(frame => frame.AsSpan().IndexOf(Bytes(Wrong)) >= 0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void DEL_leaves_nothing_with_or_without_a_result(bool withResult)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var result = cni.Add(Guarded(host), "c1", pod);
        Assert.Equal(2, Elements(host));
        host.RemovePod(pod);
        cni.Del(withResult ? CniCall.WithPrevious(Guarded(host), result) : Guarded(host), "c1", pod);
        Assert.Equal(0, Elements(host));
        cni.Del(Guarded(host), "c1", pod);
    }

    [Fact]
    public void What_upstream_made_is_checked_and_goes()
    {
        using var host = new Sandbox();
        host.AddBridge();
        host.Ip("addr add 10.1.0.1/24 dev br0");
        host.Ip("addr add fd00:1::1/64 dev br0 nodad");
        var (pod, other) = (host.AddPod(), host.AddPod());
        var (ours, theirs) = (new CniCall(host), new CniCall(host, CniCall.UpstreamBin));
        var result = theirs.Add(Guarded(host), "c1", pod);
        theirs.Add(Guarded(host), "c2", other);
        Assert.Contains("macspoofchk-c1-eth0", host.InHost("nft", "list", "ruleset"), StringComparison.Ordinal);
        ours.Check(Guarded(host), result, "c1", pod);
        ours.Del(Guarded(host), "c1", pod);
        var left = host.InHost("nft", "list", "ruleset");
        Assert.DoesNotContain("c1-eth0", left, StringComparison.Ordinal);
        Assert.Contains("cni-br-iface-c2-eth0-mac", left, StringComparison.Ordinal);
        ours.Del(Guarded(host), "c2", other);
        Assert.DoesNotContain("cni-br-iface", host.InHost("nft", "list", "ruleset"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_ADD_leaves_nothing()
    {
        using var host = new Sandbox();
        host.AddBridge();
        host.Ip("addr add 10.1.0.9/24 dev br0"); // which is not the gateway that the bridge would have to have
        var pod = host.AddPod();
        Assert.Contains("already has an IP address", CniCall.Error(new CniCall(host).Run("ADD", Guarded(host), "c1", pod)).Message, StringComparison.Ordinal);
        Assert.Equal(0, Elements(host));
    }

    [Fact]
    public void GC_takes_what_is_of_no_valid_attachment()
    {
        using var host = new Sandbox();
        var (stale, valid) = (host.AddPod(), host.AddPod());
        var cni = new CniCall(host);
        cni.Add(Guarded(host, "1.1.0"), "stale", stale);
        cni.Add(Guarded(host, "1.1.0"), "valid", valid);
        cni.Gc(Guarded(host, "1.1.0"), ("valid", "eth0"));
        Assert.Equal(2, Elements(host));
        Assert.True(Pings(valid, "10.1.0.1"));
    }

    [Fact]
    public void CHECK_and_STATUS_notice_that_the_rule_is_gone()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var result = cni.Add(Guarded(host, "1.1.0"), "c1", pod);
        Assert.Equal(0, cni.Status(Guarded(host, "1.1.0")).ExitCode);
        host.InHost("nft", "flush", "table", "bridge", "cni_plugins");
        Assert.Contains("macspoofchk: expected rule bridge cni_plugins macspoof ", CniCall.Error(cni.TryCheck(Guarded(host, "1.1.0"), result, "c1", pod)).Message, StringComparison.Ordinal);
        Assert.Equal(51, CniCall.Error(cni.Status(Guarded(host, "1.1.0"))).Code);
        host.InHost("nft", "delete", "table", "bridge", "cni_plugins");
        Assert.Contains("expected element bridge cni_plugins macspoof_ports", CniCall.Error(cni.TryCheck(Guarded(host, "1.1.0"), result, "c1", pod)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_next_ADD_puts_a_flushed_rule_back()
    {
        using var host = new Sandbox();
        var (first, second) = (host.AddPod(), host.AddPod());
        var cni = new CniCall(host);
        cni.Add(Guarded(host, "1.1.0"), "c1", first);
        host.InHost("nft", "flush", "table", "bridge", "cni_plugins");
        var result = cni.Add(Guarded(host, "1.1.0"), "c2", second);
        Assert.Single(Rules(host));
        cni.Check(Guarded(host, "1.1.0"), result, "c2", second);
    }

    private static string Guarded(Sandbox host, string version = "1.0.0") =>
        Conf.Bridge($"\"isGateway\":true,\"macspoofchk\":true,{Conf.DualStack(host)}", version);

    private static byte[] Bytes(string mac) => Convert.FromHexString(mac.Replace(":", "", StringComparison.Ordinal));

    private static bool Pings(string pod, string target) => Sandbox.TryInPod(pod, "ping", "-c1", "-i0.4", "-w2", target).ExitCode == 0;

    private static string[] Rules(Sandbox host) =>
        [.. host.InHost("nft", "list", "chain", "bridge", "cni_plugins", "macspoof").Split('\n').Where(line => line.Contains("drop", StringComparison.Ordinal))];

    private static int Elements(Sandbox host)
    {
        var ruleset = Tool.Json("nsenter", $"--net={host.HostPath}", "nft", "-j", "list", "ruleset").GetProperty("nftables");
        return ruleset.EnumerateArray().Where(item => item.TryGetProperty("set", out _))
            .Sum(item => item.GetProperty("set").TryGetProperty("elem", out JsonElement elements) ? elements.GetArrayLength() : 0);
    }
}
