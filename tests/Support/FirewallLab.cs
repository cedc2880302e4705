using System.Text.Json;

namespace CniPlugins.Tests.Support;

/// <summary>A host with bridges, pods that passed through bridge and firewall, and a remote machine behind the host.</summary>
internal sealed class FirewallLab : IDisposable
{
    private string? _remote;

    public FirewallLab(string? bin = null)
    {
        Firewall = new CniCall(Host, bin);

        // Without a link-local address that is no longer tentative, a new bridge asks for no neighbours.
        Host.InHost("sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad");
    }

    public Sandbox Host { get; } = new();

    /// <summary>Whose firewall plugin is called; the bridges are always ours.</summary>
    public CniCall Firewall { get; set; }

    public static string Conf(string net, string more = "", string version = "1.0.0") =>
        $$"""{"cniVersion":"{{version}}","name":"{{net}}","type":"firewall"{{(more.Length == 0 ? "" : ",")}}{{more}}}""";

    /// <summary>bridge, without firewall.</summary>
    public LabPod Plug(string net, string id, string version = "1.0.0")
    {
        var pod = Host.AddPod();
        var number = net[^1] - '0';
        var ipam = Support.Conf.HostLocal(Host, Support.Conf.DefaultRoutes, $"10.1.{number}.0/24", $"fd00:{number}::/64");
        var result = new CniCall(Host).Add(Support.Conf.Bridge($"\"isGateway\":true,{ipam}", version, net, $"br{number}"), id, pod);
        string[] addresses = [.. result.GetProperty("ips").EnumerateArray().Select(ip => ip.GetProperty("address").GetString()!.Split('/')[0])];
        return new LabPod(net, id, pod, result, addresses[0], addresses[1]);
    }

    /// <summary>bridge, then firewall.</summary>
    public LabPod Attach(string net, string id, string more = "")
    {
        var pod = Plug(net, id);
        Add(pod, more);
        return pod;
    }

    public JsonElement Add(LabPod pod, string more = "") => Firewall.Add(Previous(pod, more), pod.Id, pod.Path);

    public ToolResult TryAdd(LabPod pod, string more = "") => Firewall.Run("ADD", Previous(pod, more), pod.Id, pod.Path);

    public void Check(LabPod pod, string more = "") => Firewall.Check(Conf(pod.Net, more), pod.Result, pod.Id, pod.Path);

    public void Del(LabPod pod, string more = "") => Firewall.Del(Previous(pod, more), pod.Id, pod.Path);

    public static string Previous(LabPod pod, string more = "") => CniCall.WithPrevious(Conf(pod.Net, more), pod.Result);

    public static bool Reaches(LabPod from, LabPod to, bool v6 = false) => Pings(from.Path, v6 ? to.V6 : to.V4);

    /// <summary>From the pod to the remote machine, which has routes to all pods.</summary>
    public bool ReachesRemote(LabPod from, bool v6 = false)
    {
        _remote ??= AddRemote();
        return Pings(from.Path, v6 ? "2001:db8::2" : "192.0.2.2");
    }

    /// <summary>Whether the remote machine can begin a conversation with the pod.</summary>
    public bool RemoteReaches(LabPod to, bool v6 = false)
    {
        _remote ??= AddRemote();
        return Pings(_remote, v6 ? to.V6 : to.V4);
    }

    /// <summary>iptables -P FORWARD DROP, of both families.</summary>
    public void DropForwarded(string iptables = "iptables")
    {
        Host.InHost(iptables, "-P", "FORWARD", "DROP");
        Host.InHost(iptables.Replace("ip", "ip6", StringComparison.Ordinal), "-P", "FORWARD", "DROP");
    }

    public string Nft => Host.InHost("nft", "list", "ruleset");

    /// <summary>All lines of iptables-save, of both families.</summary>
    public string Iptables(string flavour = "") => Host.InHost($"iptables{flavour}-save") + Host.InHost($"ip6tables{flavour}-save");

    public void Dispose() => Host.Dispose();

    /// <summary>Whether one comes back within two seconds: on a busy machine the first may be lost to a neighbour's silence.</summary>
    private static bool Pings(string from, string address) => Sandbox.TryInPod(from, "ping", "-c1", "-i0.4", "-w2", address).ExitCode == 0;

    private string AddRemote()
    {
        var remote = Host.AddPod();
        Sandbox.TryInPod(remote, "sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad");
        Host.Ip($"link add up0 type veth peer name eth0 netns {Path.GetFileName(remote)}");
        Host.Ip("addr add 192.0.2.1/24 dev up0");
        Host.Ip("addr add 2001:db8::1/64 dev up0 nodad");
        Host.Ip("link set up0 up");
        Sandbox.PodIp(remote, "addr add 192.0.2.2/24 dev eth0");
        Sandbox.PodIp(remote, "addr add 2001:db8::2/64 dev eth0 nodad");
        Sandbox.PodIp(remote, "link set eth0 up");
        Sandbox.PodIp(remote, "route add default via 192.0.2.1");
        Sandbox.PodIp(remote, "route add default via 2001:db8::1");
        return remote;
    }
}

internal sealed record LabPod(string Net, string Id, string Path, JsonElement Result, string V4, string V6);
