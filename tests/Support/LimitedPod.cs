using System.Text.Json;
using CniPlugins.Route;
using CniPlugins.Traffic;

namespace CniPlugins.Tests.Support;

/// <summary>A pod that a bridge has connected, and bandwidth behind it, by whoever's plugins.</summary>
internal sealed class LimitedPod : IDisposable
{
    /// <summary>1 Mbit/s to the pod, 2 Mbit/s from it, with bursts.</summary>
    public const string Limits = """ "ingressRate":1000000,"ingressBurst":800000,"egressRate":2000000,"egressBurst":1600000""";

    /// <summary>What containerd makes of annotations that name rates only; bits.</summary>
    public const string AnyBurst = "4294967295";

    public LimitedPod(string? connector = null)
    {
        Host.AddBridge();
        Pod = Host.AddPod();
        var connected = new CniCall(Host, connector).Add(BridgeConfig, "c1", Pod);
        Connected = connected;
        Veth = connected.GetProperty("interfaces")[1].GetProperty("name").GetString()!;
    }

    public Sandbox Host { get; } = new();

    public string Pod { get; }

    /// <summary>IPv4 alone: what comes with IPv6 comes a moment later, and everything is compared here.</summary>
    public string BridgeConfig => Conf.Bridge($"\"isGateway\":true,{Conf.HostLocal(Host, "[]", "10.1.0.0/24")}");

    /// <summary>The bridge's result.</summary>
    public JsonElement Connected { get; }

    /// <summary>The host's end.</summary>
    public string Veth { get; }

    /// <summary>The configuration as a runtime hands it on; prevResult is the bridge's unless another is given.</summary>
    public string Config(string limits = Limits, JsonElement? previous = null, string network = "net1", string version = "1.0.0") =>
        CniCall.WithPrevious($$"""{"cniVersion":"{{version}}","name":"{{network}}","type":"bandwidth"{{(limits.Length > 0 ? "," : "")}}{{limits}}}""", previous ?? Connected);

    /// <summary>Limits by a runtime instead of the configuration's own.</summary>
    public static string Runtime(string limits) => $$""" "runtimeConfig":{"bandwidth":{ {{limits}} } }""";

    public CniCall Ours => new(Host);

    public CniCall Upstream => new(Host, CniCall.UpstreamBin);

    /// <summary>All ifbs of the host.</summary>
    public string[] Ifbs => [.. Host.IpJson("link show").EnumerateArray().Select(link => link.GetProperty("ifname").GetString()!)
        .Where(name => name.StartsWith("bwp", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>What tc shows of the host, names of links replaced by what they are, without counters.</summary>
    public string Traffic
    {
        get
        {
            var text = Host.InHost("tc", "-j", "qdisc") + Host.InHost("tc", "-j", "filter", "show", "dev", Veth, "ingress");
            text = text.Replace(Veth, "VETH", StringComparison.Ordinal);
            foreach (var ifb in Ifbs)
                text = text.Replace(ifb, "IFB", StringComparison.Ordinal);
            return string.Join('\n', text.Split("},{").Select(part => System.Text.RegularExpressions.Regex.Replace(part, "\"(refcnt|index)\":[0-9]+,?", "")));
        }
    }

    /// <summary>The host's links, addresses and traffic control.</summary>
    public string Everything => Snapshot.Of(Host, Pod) + Traffic;

    /// <summary>The bucket at a link's root, as the kernel has it.</summary>
    public TokenBucket? BucketOf(string link)
    {
        using var netns = Host.OpenHost();
        using var socket = RouteSocket.OpenIn(netns);
        return socket.FindRoot(socket.RequireLink(link))?.TokenBucket;
    }

    public void Dispose() => Host.Dispose();
}
