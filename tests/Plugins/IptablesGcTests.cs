using System.Globalization;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>GC of the chains that iptables' forms of ipMasq and portmap have for each container: they do not say when they were made, so it takes two calls.</summary>
public sealed class IptablesGcTests
{
    private const string Mark = "CNI GC: of no valid attachment at ";

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Stale_chains_go_with_the_second_gc_and_nothing_else_does(bool legacy, bool upstream)
    {
        using var host = new IptablesHost(legacy);
        Attach(host, upstream, "n1", "valid");
        Attach(host, upstream, "n2", "stale");
        var others = host.Saved();
        Attach(host, upstream, "n1", "stale");
        var all = host.Saved();

        Gc(host);
        Assert.Empty(all.Except(host.Saved()));
        Assert.Equal(4, host.Saved().Except(all).Count(line => line.Contains(Mark, StringComparison.Ordinal)));
        Assert.Equal(all.Length + 4, host.Saved().Length);
        Gc(host);
        Assert.Equal(others, host.Saved());
        Gc(host);
        Assert.Equal(others, host.Saved());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_marked_chain_of_ports_goes_with_upstreams_del_too(bool upstream)
    {
        using var host = new IptablesHost(legacy: false);
        Attach(host, upstream, "n1", "valid");
        var others = host.Saved();
        Attach(host, upstream, "n1", "stale");
        Gc(host);
        host.Call(upstream: true).Del(Portmap("n1"), "stale", "");
        Assert.DoesNotContain(host.Saved().Except(others), line => line.Contains("CNI-DN-", StringComparison.Ordinal));
    }

    [Fact]
    public void What_an_add_has_come_back_to_is_young_again()
    {
        using var host = new IptablesHost(legacy: false);
        Attach(host, upstream: false, "n1", "again");
        var before = host.Saved();
        var listed = BootClock.Nanoseconds;
        Gc(host);

        // A list that is older than the mark does not know who came in between.
        Gc(host, listed);
        Assert.Empty(before.Except(host.Saved()));
        Assert.Equal(4, Marks(host));

        Attach(host, upstream: false, "n1", "again");
        Assert.Equal(0, Marks(host));
        before = host.Saved();
        Gc(host);
        Assert.Empty(before.Except(host.Saved()));
        Assert.Equal(4, Marks(host));
    }

    private static int Marks(IptablesHost host) => host.Saved().Count(line => line.Contains(Mark, StringComparison.Ordinal));

    private static void Attach(IptablesHost host, bool upstream, string network, string id)
    {
        var (maker, pod) = (host.Call(upstream), host.Host.AddPod());
        var result = maker.Add(Bridge(host, network), id, pod);
        maker.Add(CniCall.WithPrevious(Portmap(network, $"{network} {id}" switch { "n1 valid" => 80, "n2 stale" => 81, _ => 82 }), result), id, pod);
    }

    /// <summary>GC of n1, to which only <c>valid</c> belongs.</summary>
    private static void Gc(IptablesHost host, long? started = null)
    {
        var call = host.Call();
        if (started is { } time)
            call.Variables[CniEnvironment.GcStartedName] = time.ToString(CultureInfo.InvariantCulture);
        foreach (var conf in new[] { Portmap("n1"), Bridge(host, "n1") })
            call.Gc(conf.Replace("\"cniVersion\":\"1.0.0\"", "\"cniVersion\":\"1.1.0\"", StringComparison.Ordinal), ("valid", "eth0"));
    }

    private static string Bridge(IptablesHost host, string network) =>
        Conf.Bridge("\"isGateway\":true,\"ipMasq\":true,\"ipMasqBackend\":\"iptables\"," + Conf.DualStack(host.Host)).Replace("\"name\":\"net1\"", $"\"name\":\"{network}\"", StringComparison.Ordinal);

    private static string Portmap(string network, int ports = 80) =>
        $$"""
        {"cniVersion":"1.0.0","name":"{{network}}","type":"portmap","backend":"iptables","snat":true,
        "runtimeConfig":{"portMappings":[{"hostPort":{{ports}}80,"containerPort":80,"protocol":"tcp"},{"hostPort":{{ports}}81,"containerPort":81,"protocol":"udp"}] } }
        """;
}
