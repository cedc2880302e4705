using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Calico;

/// <summary>How often the published calico plugin waits for the API server, counted by a proxy before it.</summary>
public sealed class CalicoRoundTripTests(CalicoCluster cluster) : IClassFixture<CalicoCluster>
{
    [Fact]
    public void A_warm_ADD_is_six_round_trips_at_most_and_a_DEL_five_on_one_connection()
    {
        var (api, conf, proxy) = Begin();
        using var held = proxy;
        api.AddPod("first", CalicoCluster.Node);
        api.AddPod("web", CalicoCluster.Node);
        cluster.For("first").Add(conf, "c0", cluster.Host.AddPod());
        var claiming = proxy.Take();

        var pod = cluster.Host.AddPod();
        cluster.For("web").Add(conf, "c1", pod);
        var add = proxy.Take();
        Assert.True(add.RoundTrips <= 6 && add.Connections == 1, $"{add.RoundTrips} on {add.Connections}:\n{string.Join('\n', add.Requests)}");
        cluster.For("web").Del(conf, "c1", pod);
        var del = proxy.Take();
        Assert.True(del.RoundTrips <= 5 && del.Connections == 1, $"{del.RoundTrips} on {del.Connections}:\n{string.Join('\n', del.Requests)}");

        Assert.True(claiming.RoundTrips <= add.RoundTrips + 6, $"{claiming.RoundTrips}:\n{string.Join('\n', claiming.Requests)}");
        Assert.DoesNotContain(claiming.Requests, request => request.Contains("/ipamblocks?", StringComparison.Ordinal));
        Assert.DoesNotContain(claiming.Requests.Concat(add.Requests), request => request.Contains("/blockaffinities?", StringComparison.Ordinal) && !request.Contains("labelSelector=", StringComparison.Ordinal));
        Report.Line($"round trips: ADD {add.RoundTrips} ({add.Requests.Count} requests), DEL {del.RoundTrips} ({del.Requests.Count}), ADD with a new block {claiming.RoundTrips} ({claiming.Requests.Count})");
        cluster.For("first").Del(conf, "c0", "");
    }

    [Fact]
    public void Nothing_that_is_read_for_one_plugin_is_read_again_for_the_other()
    {
        var (api, conf, proxy) = Begin();
        using var held = proxy;
        api.AddPod("web", CalicoCluster.Node);
        var pod = cluster.Host.AddPod();
        cluster.For("web").Add(conf, "c1", pod);
        var gets = proxy.Take().Requests.Where(request => request.StartsWith("GET", StringComparison.Ordinal)).ToList();
        Assert.Equal(gets.Distinct(), gets);
        cluster.For("web").Del(conf, "c1", pod);
    }

    [Fact]
    public void An_API_that_answers_wrong_now_and_then_is_asked_again_and_nothing_is_lost()
    {
        var (api, conf, proxy) = Begin();
        using var held = proxy;
        proxy.Delay = TimeSpan.Zero;
        ApiMishap[] mishaps = [ApiMishap.LoseRequest, ApiMishap.LoseAnswer, ApiMishap.Fail];
        proxy.Fate = (n, _) => n % 7 == 3 ? mishaps[n / 7 % mishaps.Length] : ApiMishap.None;
        var pods = Enumerable.Range(0, 6).Select(i => (Name: $"p{i}", Path: cluster.Host.AddPod())).ToList();
        pods.ForEach(pod => api.AddPod(pod.Name, CalicoCluster.Node));
        var addresses = pods.Select((pod, i) => cluster.For(pod.Name).Add(conf, $"c{i}", pod.Path).GetProperty("ips")[0].GetProperty("address").GetString()!).ToList();
        Assert.Equal(addresses.Distinct(), addresses);
        Assert.Equal(pods.Count, cluster.Held().Count);
        foreach (var (i, pod) in pods.Index())
            cluster.For(pod.Name).Del(conf, $"c{i}", pod.Path);
        Assert.Empty(cluster.Held());
        Assert.Equal(0, cluster.Count("ipamhandles"));
    }

    private (ApiServer Api, string Conf, ApiProxy Proxy) Begin()
    {
        var api = cluster.Begin();
        var proxy = new ApiProxy(api, cluster.Host.HostPath);
        proxy.Enter();
        return (api, cluster.Configure($$""" "kubernetes":{"kubeconfig":"{{api.KubeconfigPath}}"} """), proxy);
    }
}
