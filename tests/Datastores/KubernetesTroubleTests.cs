using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Datastores.Kubernetes;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Kubernetes;
using CniPlugins.Net;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Datastores;

/// <summary>The Kubernetes datastore when the API is busy, away, or does not know us.</summary>
public sealed class KubernetesTroubleTests : IClassFixture<ApiServerFixture>
{
    private static readonly Cidr First = Cidr.Parse("10.0.0.0/26");

    private readonly ApiServer _server;

    public KubernetesTroubleTests(ApiServerFixture fixture)
    {
        _server = fixture.Server;
        _server.Clear();
        _server.Allow(ApiServer.CniToken);
    }

    private static Deadline Soon => Deadline.After(TimeSpan.FromSeconds(20));

    [Theory]
    [InlineData(nameof(ApiMishap.LoseRequest))]
    [InlineData(nameof(ApiMishap.LoseAnswer))]
    [InlineData(nameof(ApiMishap.Fail))]
    [InlineData(nameof(ApiMishap.Busy))]
    public void A_write_that_met_with_trouble_happens_once(string mishap)
    {
        using var proxy = new ApiProxy(_server) { Delay = TimeSpan.Zero };
        using var store = StoreAt(proxy);
        var key = new HandleKey("net.c1");
        proxy.Fate = OnceEach(Enum.Parse<ApiMishap>(mishap), "POST", "PUT", "DELETE");
        var created = store.Create(key, BlockHandle.Of(First, 1), Soon);
        var updated = store.Update(created, BlockHandle.Of(First, 2), Soon);
        Assert.Equal(2, store.Find(key, Soon)!.As<BlockHandle>().CountIn(First));
        store.Delete(updated, Soon);
        Assert.Null(store.Find(key, Soon));
    }

    [Fact]
    public void A_list_whose_pages_the_server_has_forgotten_is_read_anew()
    {
        _server.CreateAll("apis/crd.projectcalico.org/v1/ipamhandles", Enumerable.Range(0, 620).Select(i =>
            $$$"""{"apiVersion":"crd.projectcalico.org/v1","kind":"IPAMHandle","metadata":{"name":"net.c{{{i:000}}}"},"spec":{"handleID":"net.c{{{i:000}}}","block":{} } }"""));
        using var proxy = new ApiProxy(_server) { Delay = TimeSpan.Zero };
        using var store = StoreAt(proxy);
        proxy.Fate = (_, request) => request.Contains("continue=", StringComparison.Ordinal) ? ApiMishap.Expired : ApiMishap.None;
        Assert.Equal(620, store.List(new AllHandles(), Soon).Count);
    }

    [Fact]
    public void A_token_that_was_renewed_is_read_again_and_one_that_is_no_good_is_not_told()
    {
        _server.WriteKubeconfig(ApiServer.CniToken);
        using var store = StoreBy(_server.KubeconfigPath);
        Assert.Empty(store.List(new AllHandles(), Soon));
        _server.Allow("another-token");
        _server.WriteKubeconfig("another-token");
        Assert.Empty(store.List(new AllHandles(), Soon));
        _server.Allow();
        var error = Assert.Throws<DatastoreException>(() => store.List(new AllHandles(), Soon));
        Assert.Equal(DatastoreFailure.Refused, error.Failure);
        Assert.Contains("401", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("another-token", error.ToString() + error.Details, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_is_away_is_code_11_in_bounded_time_and_one_that_comes_back_is_found()
    {
        using var store = StoreBy(_server.KubeconfigPath);
        _server.WriteKubeconfig(ApiServer.CniToken);
        Assert.Empty(store.List(new AllHandles(), Soon));
        _server.Stop();
        var started = DateTime.UtcNow;
        var error = Assert.Throws<DatastoreException>(() => store.List(new AllHandles(), Soon));
        Assert.Equal((DatastoreFailure.Unavailable, CniErrorCode.TryAgainLater), (error.Failure, error.Code));
        Assert.Contains($"127.0.0.1:{_server.Port}: connection refused", error.Message, StringComparison.Ordinal);
        Assert.True(DateTime.UtcNow - started < TimeSpan.FromSeconds(12));
        _server.Start();
        _server.AwaitReady();
        Assert.Empty(store.List(new AllHandles(), Soon));
    }

    [Fact]
    public void A_server_that_somebody_else_vouches_for_is_not_believed()
    {
        using var proxy = new ApiProxy(_server);
        _server.WriteKubeconfig(ApiServer.CniToken, proxy.Url); // with the API server's CA
        using var store = StoreBy(_server.KubeconfigPath);
        var error = Assert.Throws<DatastoreException>(() => store.List(new AllHandles(), Soon));
        Assert.Contains("is not accepted: who signed it is not in", error.Message, StringComparison.Ordinal);
        Assert.Empty(proxy.Take().Requests);
    }

    [Fact]
    public void What_the_role_allows_is_all_that_is_asked_for_and_nothing_else_is_allowed()
    {
        foreach (var (verb, path) in new[]
        {
            ("GET", "api/v1/pods"), ("GET", "api/v1/nodes"), ("GET", "api/v1/namespaces/default/secrets"), ("DELETE", "api/v1/namespaces/default/pods/p"), ("PATCH", "api/v1/namespaces/default/pods/p"),
            ("DELETE", "apis/crd.projectcalico.org/v1/ippools/p"), ("POST", "apis/crd.projectcalico.org/v1/ippools"), ("POST", "apis/crd.projectcalico.org/v1/clusterinformations"),
            ("GET", "apis/crd.projectcalico.org/v1/ipamblocks?watch=1"), ("DELETE", "apis/crd.projectcalico.org/v1/ipamblocks"), ("POST", "api/v1/namespaces/kube-system/serviceaccounts/calico-node/token"),
        })
        {
            using var api = new ApiClient(() => _server.Access);
            var body = verb is "GET" or "DELETE" ? null : "{}"u8.ToArray();
            var request = new ApiRequest(verb, path) { Body = body, ContentType = verb == "PATCH" ? "application/merge-patch+json" : "application/json" };
            Assert.Contains("is forbidden", Assert.Throws<ApiException>(() => api.Send(request, "try", TimeSpan.FromSeconds(20))).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Many_nodes_at_once_with_an_unreliable_API_hold_nothing_twice()
    {
        const int Nodes = 8, Pods = 10;
        _server.AddPool("p", "10.9.0.0/20", """ "blockSize":28 """);
        for (var node = 0; node < Nodes; node++)
            _server.AddNode($"n{node}");
        using var proxy = new ApiProxy(_server) { Delay = TimeSpan.Zero };
        ApiMishap[] mishaps = [ApiMishap.LoseRequest, ApiMishap.LoseAnswer, ApiMishap.Fail];
        proxy.Fate = (n, _) => n % 20 == 7 ? mishaps[n / 20 % mishaps.Length] : ApiMishap.None;
        var taken = new List<IpAddress>();
        InParallel(Nodes, node =>
        {
            using var store = StoreAt(proxy);
            for (var pod = 0; pod < Pods; pod++)
            {
                var outcome = new BlockIpam(store).AutoAssign(new AssignRequest($"n{node}", $"net.c{node}-{pod}") { Count4 = 1 }, Deadline.After(TimeSpan.FromSeconds(60)));
                Assert.Null(outcome.Error);
                lock (taken)
                    taken.AddRange(outcome.Addresses.Select(address => address.Address));
            }
        });
        Assert.Equal(Nodes * Pods, taken.Distinct().Count());
        proxy.Fate = (_, _) => ApiMishap.None;
        using var all = new KubernetesDatastore(new ApiClient(() => _server.AdminAccess), ApiGroup.V1);
        var report = new BlockIpam(all).Check(Deadline.After(TimeSpan.FromSeconds(60)));
        Assert.Equal(Nodes * Pods, report.Holders.Count);
        InParallel(Nodes, node =>
        {
            using var store = StoreAt(proxy);
            for (var pod = 0; pod < Pods; pod++)
                Assert.True(new BlockIpam(store).ReleaseByHandle($"net.c{node}-{pod}", Deadline.After(TimeSpan.FromSeconds(60))));
        });
        Assert.Empty(new BlockIpam(all).Check(Deadline.After(TimeSpan.FromSeconds(60))).Holders);
        Assert.Empty(all.List(new AllHandles(), Soon));
    }

    private static void InParallel(int count, Action<int> act)
    {
        Exception? failure = null;
        var threads = Enumerable.Range(0, count).Select(i => new Thread(() =>
        {
            try
            {
                act(i);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, e, null);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.True(failure is null, $"{failure}");
    }

    private static Func<int, string, ApiMishap> OnceEach(ApiMishap mishap, params string[] methods)
    {
        var left = new HashSet<string>(methods);
        return (_, request) =>
        {
            lock (left)
                return left.Remove(request.Split(' ')[0]) ? mishap : ApiMishap.None;
        };
    }

    private static KubernetesDatastore StoreAt(ApiProxy proxy) => new(new ApiClient(() => proxy.Access), ApiGroup.V1);

    private static KubernetesDatastore StoreBy(string kubeconfig) => new(new ApiClient(() => Kubeconfig.Read([kubeconfig], new KubeconfigOverrides())), ApiGroup.V1);
}

/// <summary>The contract where Calico's objects are in the newer group, and where it is the only one: found out, not configured.</summary>
public sealed class KubernetesV3DatastoreTests : IDisposable
{
    private readonly ApiServer _server = new("v3");

    [Fact]
    public void The_newer_group_is_found_and_written_in_its_own_form()
    {
        using var store = new KubernetesDatastore(new ApiClient(() => _server.AdminAccess), configured: null);
        var deadline = Deadline.After(TimeSpan.FromSeconds(30));
        _server.AddNode("n1");
        _server.AddPool("p", "10.9.0.0/24", """ "blockSize":28 """);
        var outcome = new BlockIpam(store).AutoAssign(new AssignRequest("n1", "net.c1") { Count4 = 1 }, deadline);
        Assert.Null(outcome.Error);
        var affinity = Assert.Single(_server.Get("blockaffinities.projectcalico.org").GetProperty("items").EnumerateArray());
        Assert.False(affinity.GetProperty("spec").GetProperty("deleted").GetBoolean());
        Assert.False(affinity.GetProperty("metadata").TryGetProperty("annotations", out _));
        store.Create(new SettingsKey(), new BlockSettings { StrictAffinity = true }, deadline);
        Assert.True(_server.Get("ipamconfigurations.projectcalico.org", "default").GetProperty("spec").GetProperty("strictAffinity").GetBoolean());
        Assert.True(new BlockIpam(store).ReleaseByHandle("net.c1", deadline));
        Assert.Empty(store.List(new AllHandles(), deadline));
    }

    public void Dispose() => _server.Dispose();
}
