using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using CniPlugins.Linux;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>ipMasq: what a remote machine sees of a pod, and what nft lists of it, by either plugin that has the option.</summary>
public sealed class MasqueradeTests
{
    [Theory]
    [InlineData("bridge")]
    [InlineData("ptp")]
    public void A_pod_goes_out_with_its_hosts_address_but_not_to_its_own_network(string type)
    {
        using var net = new Neighbourhood();
        var (one, two) = (net.Host.AddPod(), net.Host.AddPod());
        using var other = Netns.Open(two);
        var cni = new CniCall(net.Host);
        var conf = Masquerading(net.Host, type);
        var result = cni.Add(conf, "c1", one);
        cni.Add(conf, "c2", two);
        Assert.Equal("192.0.2.1", Neighbourhood.SourceSeen(one, net.Remote, "192.0.2.2"));
        Assert.Equal("2001:db8::1", Neighbourhood.SourceSeen(one, net.Remote, "2001:db8::2"));
        Assert.Equal("10.1.0.2", Neighbourhood.SourceSeen(one, other, "10.1.0.3"));
        Assert.Equal("fd00:1::2", Neighbourhood.SourceSeen(one, other, "fd00:1::3"));
        Assert.Equal(0, Sandbox.TryInPod(one, "ping", "-c1", "-W2", "192.0.2.2").ExitCode);

        cni.Del(CniCall.WithPrevious(conf, result), "c1", one);
        Assert.Equal("192.0.2.1", Neighbourhood.SourceSeen(two, net.Remote, "192.0.2.2"));
        Assert.DoesNotContain("id: c1", Ruleset(net.Host), StringComparison.Ordinal);
    }

    [Fact]
    public void Multicast_keeps_its_source()
    {
        using var net = new Neighbourhood();
        new CniCall(net.Host).Add(Masquerading(net.Host, "ptp"), "c1", net.Host.AddPod());

        // Routers of multicast are rare; an address of the host's own on the list shows the same rule at work.
        net.Host.Ip("addr add 198.51.100.7/32 dev up0");
        net.Host.Ip("route add 239.0.0.0/8 dev up0");
        net.Host.InHost("nft", "add element inet cni_plugins masq4 { 198.51.100.7 }");
        Assert.Equal("192.0.2.1", Neighbourhood.SourceSeen(net.Host.HostPath, net.Remote, "192.0.2.2", from: "198.51.100.7"));
        Sandbox.PodIp(net.RemotePath, "route add 198.51.100.7 dev eth0");
        Assert.Equal("198.51.100.7", Neighbourhood.SourceSeen(net.Host.HostPath, net.Remote, "239.1.1.1", from: "198.51.100.7"));
    }

    [Fact]
    public void The_rules_are_few_and_the_pod_is_elements_with_its_owners_name()
    {
        using var host = new Sandbox();
        new CniCall(host).Add(Masquerading(host, "bridge"), "c1", host.AddPod());
        const string expected = """
            table inet cni_plugins {
                set masq4 {
                    type ipv4_addr
                    elements = { 10.1.0.2 comment "OWNER, net: net1, if: eth0, id: c1" }
                }

                set masq6 {
                    type ipv6_addr
                    elements = { fd00:1::2 comment "OWNER, net: net1, if: eth0, id: c1" }
                }

                set own4_24 {
                    type ipv4_addr . ipv4_addr
                    elements = { 10.1.0.2 . 10.1.0.0 comment "OWNER, net: net1, if: eth0, id: c1" }
                }

                set own6_64 {
                    type ipv6_addr . ipv6_addr
                    elements = { fd00:1::2 . fd00:1:: comment "OWNER, net: net1, if: eth0, id: c1" }
                }

                chain masq_layout_1 {
                }

                chain masq {
                    ip saddr . ip daddr & 255.255.255.0 @own4_24 return comment "to the pod's own IPv4 /24"
                    ip6 saddr . ip6 daddr & ffff:ffff:ffff:ffff:: @own6_64 return comment "to the pod's own IPv6 /64"
                    ip saddr @masq4 masquerade comment "IPv4 pods"
                    ip6 saddr @masq6 masquerade comment "IPv6 pods"
                }

                chain postrouting {
                    type nat hook postrouting priority srcnat + 5; policy accept;
                    ip daddr 224.0.0.0/4 return comment "IPv4 multicast"
                    ip6 daddr ff00::/8 return comment "IPv6 multicast"
                    jump masq comment "pods with ipMasq"
                }
            }

            """;
        Assert.Equal(expected.Replace("    ", "\t", StringComparison.Ordinal), Regex.Replace(Ruleset(host), "[0-9a-f]{16}-[0-9a-f]{16}", "OWNER"));
    }

    [Theory]
    [InlineData("bridge", true)]
    [InlineData("bridge", false)]
    [InlineData("ptp", true)]
    [InlineData("ptp", false)]
    public void DEL_removes_the_elements_with_and_without_knowing_the_addresses(string type, bool remembered)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var conf = Masquerading(host, type);
        cni.Add(conf, "other", host.AddPod());
        var before = Ruleset(host);
        var result = cni.Add(conf, "c1", pod);
        Assert.NotEqual(before, Ruleset(host));
        host.RemovePod(pod);
        for (var i = 0; i < 2; i++)
            cni.Del(remembered ? CniCall.WithPrevious(conf, result) : conf, "c1", pod);
        Assert.Equal(before, Ruleset(host));
    }

    [Fact]
    public void A_late_DEL_leaves_what_another_attachment_has_taken_over()
    {
        using var host = new Sandbox();
        var (dead, live) = (host.AddPod(), host.AddPod());
        var cni = new CniCall(host);
        var conf = Masquerading(host, "ptp");
        var old = cni.Add(conf, "dead", dead);
        host.RemovePod(dead);
        Directory.Delete(Conf.LeaseDirectory(host), recursive: true); // the same addresses are leased again
        var result = cni.Add(conf, "live", live);
        var after = Ruleset(host);
        Assert.DoesNotContain("id: dead", after, StringComparison.Ordinal);
        cni.Del(CniCall.WithPrevious(conf, old), "dead", dead);
        Assert.Equal(after, Ruleset(host));
        cni.Check(conf, result, "live", live);
    }

    [Fact]
    public void A_stale_element_of_another_network_size_goes_as_well()
    {
        using var host = new Sandbox();
        var cni = new CniCall(host);
        cni.Add(Conf.Ptp($"\"ipMasq\":true,{Conf.HostLocal(host, "[]", "10.1.0.0/16")}"), "dead", host.AddPod());
        Directory.Delete(Conf.LeaseDirectory(host), recursive: true);
        cni.Add(Conf.Ptp($"\"ipMasq\":true,{Conf.HostLocal(host, "[]", "10.1.0.0/24")}"), "live", host.AddPod());
        Assert.DoesNotContain("id: dead", Ruleset(host), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("flush ruleset", "10.1.0.2/24, fd00:1::2/64 is not masqueraded")]
    [InlineData("flush table inet cni_plugins", "rule inet cni_plugins masq ip saddr . ip daddr & 255.255.255.0 @own4_24 return is missing")]
    [InlineData("flush chain inet cni_plugins postrouting", "rule inet cni_plugins postrouting ip daddr 224.0.0.0/4 return is missing")]
    [InlineData("delete element inet cni_plugins own6_64 { fd00:1::2 . fd00:1:: }", "element inet cni_plugins own6_64 { fd00:1::2 . fd00:1:: } is missing")]
    public void CHECK_says_what_somebody_flushed_and_the_next_ADD_puts_the_rules_back(string command, string missing)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        foreach (var type in new[] { "bridge", "ptp" })
        {
            var conf = Masquerading(host, type);
            var result = cni.Add(conf, "c1", pod);
            cni.Check(conf, result, "c1", pod);
            host.InHost("nft", command);
            Assert.Equal($"ipMasq: {missing}", CniCall.Error(cni.TryCheck(conf, result, "c1", pod)).Message);
            cni.Del(CniCall.WithPrevious(conf, result), "c1", pod);

            Directory.Delete(Conf.LeaseDirectory(host), recursive: true);
            result = cni.Add(conf, "c2", pod);
            cni.Check(conf, result, "c2", pod);
            cni.Del(CniCall.WithPrevious(conf, result), "c2", pod);
            Directory.Delete(Conf.LeaseDirectory(host), recursive: true);
            Tool.Try("ip", "-n", host.HostName, "link", "del", "br0");
        }
    }

    [Theory]
    [InlineData("bridge")]
    [InlineData("ptp")]
    public void GC_removes_what_belongs_to_no_valid_attachment_of_the_network(string type)
    {
        using var host = new Sandbox();
        var cni = new CniCall(host);
        var conf = Masquerading(host, type, "1.1.0");
        var other = conf.Replace("\"net1\"", "\"net2\"", StringComparison.Ordinal).Replace("10.1.", "10.2.", StringComparison.Ordinal)
            .Replace("fd00:1", "fd00:2", StringComparison.Ordinal).Replace("br0", "br2", StringComparison.Ordinal);
        cni.Add(conf, "stale", host.AddPod());
        cni.Add(conf, "valid", host.AddPod());
        cni.Add(other, "stale", host.AddPod());
        cni.Gc(conf, ("valid", "eth0"));
        var after = Ruleset(host);
        Assert.DoesNotContain("net: net1, if: eth0, id: stale", after, StringComparison.Ordinal);
        Assert.Contains("net: net1, if: eth0, id: valid", after, StringComparison.Ordinal);
        Assert.Contains("net: net2, if: eth0, id: stale", after, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bridge")]
    [InlineData("ptp")]
    public void STATUS_is_good_before_the_first_pod_and_names_rules_that_are_missing(string type)
    {
        using var host = new Sandbox();
        var cni = new CniCall(host);
        var conf = Masquerading(host, type, "1.1.0");
        Assert.Equal((0, ""), (cni.Status(conf).ExitCode, Ruleset(host)));
        cni.Add(conf, "c1", host.AddPod());
        Assert.Equal(0, cni.Status(conf).ExitCode);
        host.InHost("nft", "flush chain inet cni_plugins postrouting");
        var (code, message, _) = CniCall.Error(cni.Status(conf));
        Assert.Equal((51, "ipMasq: rule inet cni_plugins postrouting ip daddr 224.0.0.0/4 return is missing"), (code, message));
    }

    [Theory]
    [InlineData("bridge")]
    [InlineData("ptp")]
    public void An_unknown_backend_is_refused_before_anything_is_made(string type)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var before = Snapshot.Of(host, pod);
        var cni = new CniCall(host);
        var conf = Masquerading(host, type).Replace("\"ipMasq\"", "\"ipMasqBackend\":\"foo\",\"ipMasq\"", StringComparison.Ordinal);
        var (code, message, _) = CniCall.Error(cni.Run("ADD", conf, "c1", pod));
        Assert.Equal((999, "unknown ipmasq backend \"foo\""), (code, message));
        Assert.Equal(before, Snapshot.Of(host, pod));
        Assert.Equal("", Ruleset(host));
        cni.Del(conf, "c1", pod);
    }

    [Theory]
    [InlineData("bridge")]
    [InlineData("ptp")]
    public void No_program_is_run(string type)
    {
        Assert.SkipUnless(Tool.Exists("strace"), "there is no strace");
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var conf = System.Text.Encoding.UTF8.GetBytes(Masquerading(host, type));
        foreach (var verb in new[] { "ADD", "DEL" })
        {
            var log = Path.Combine(host.Directory, verb);
            var reply = cni.Execute(["/usr/bin/strace", "-f", "-e", "trace=execve,execveat", "-o", log, $"{CniCall.OurBin}/{type}"], conf, cni.VariablesFor(verb, "c1", pod));
            Assert.True(reply.ExitCode == 0, reply.Output + reply.Error);
            Assert.Single(File.ReadAllLines(log), line => line.Contains("execve", StringComparison.Ordinal)); // the plugin itself
        }
    }

    [Fact]
    public void Fifty_pods_at_once_on_a_host_without_rules_are_all_masqueraded_and_all_gone_afterwards()
    {
        using var host = new Sandbox();
        var pods = Enumerable.Range(0, 50).Select(_ => host.AddPod()).ToArray();
        var cni = new CniCall(host);
        var conf = Masquerading(host, "ptp");
        var results = new ConcurrentDictionary<int, JsonElement>();
        var all = new ParallelOptions { MaxDegreeOfParallelism = pods.Length };
        Parallel.For(0, pods.Length, all, i => results[i] = cni.Add(conf, $"c{i}", pods[i]));
        var empty = Ruleset(host);
        Assert.Equal(200, empty.Split(", net: net1, if: eth0, id: c").Length - 1);
        Assert.Equal(1, empty.Split("@own4_24 return").Length - 1);
        Parallel.For(0, pods.Length, all, i => cni.Check(conf, results[i], $"c{i}", pods[i]));
        Parallel.For(0, pods.Length, all, i => cni.Del(i % 2 == 0 ? conf : CniCall.WithPrevious(conf, results[i]), $"c{i}", pods[i]));
        Assert.DoesNotContain("elements", Ruleset(host), StringComparison.Ordinal);
        Assert.Single(host.IpJson("link").EnumerateArray());
    }

    internal static string Ruleset(Sandbox host) => host.InHost("nft", "list ruleset");

    internal static string Masquerading(Sandbox host, string type, string version = "1.0.0") => type == "bridge"
        ? Conf.Bridge($"\"isGateway\":true,\"ipMasq\":true,{Conf.DualStack(host)}", version)
        : Conf.Ptp($"\"ipMasq\":true,{Conf.DualStack(host)}", version);

}
