using System.Net;
using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Datastores.Etcd;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Datastores;

/// <summary>etcd away, slow, cut off in the middle, full, half dead: clear errors in time, and nothing done twice.</summary>
public sealed class EtcdTroubleTests(EtcdFixture fixture) : IClassFixture<EtcdFixture>
{
    private static readonly HandleKey Handle = new("net.c1");
    private static readonly Cidr Block = Cidr.Parse("10.0.0.0/26");

    private static Deadline Soon => Deadline.After(TimeSpan.FromSeconds(30));

    [Fact]
    public void No_etcd_is_an_error_that_names_every_endpoint_and_asks_to_try_again()
    {
        var (a, b) = (EtcdServer.FreePort(), EtcdServer.FreePort());
        using var store = new EtcdDatastore(EtcdSettings.Of([$"http://127.0.0.1:{a}", $"http://localhost:{b}"]));
        var error = Assert.Throws<DatastoreException>(() => store.Find(Handle, Deadline.After(TimeSpan.FromSeconds(1))));
        Assert.Equal((DatastoreFailure.Unavailable, CniErrorCode.TryAgainLater), (error.Failure, error.Code));
        Assert.Contains($"http://127.0.0.1:{a}: connection refused", error.Message, StringComparison.Ordinal);
        Assert.Contains($"http://localhost:{b}: connection refused", error.Message, StringComparison.Ordinal);
        Assert.Contains("handle net.c1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_nobody_knows_is_said()
    {
        using var store = new EtcdDatastore(EtcdSettings.Of(["http://etcd.invalid:2379"]));
        var error = Assert.Throws<DatastoreException>(() => store.Find(Handle, Deadline.After(TimeSpan.FromSeconds(1))));
        Assert.Equal(DatastoreFailure.Unavailable, error.Failure);
        Assert.Matches("no host of that name|could not be looked up", error.Message);
        Assert.Contains("/etc/hosts", error.Details, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_of_three_endpoints_dead_are_not_noticed()
    {
        Clear();
        using var silent = new FlakyProxy(fixture.Server.Port) { Fate = (_, _) => Mishap.Silence };
        for (var i = 0; i < 3; i++)
        {
            string[] urls = [$"http://127.0.0.1:{EtcdServer.FreePort()}", silent.Url, fixture.Server.Url];
            using var store = new EtcdDatastore(fixture.Server.SettingsFor([.. urls[i..], .. urls[..i]]));
            store.Create(new HandleKey($"net.c{i}"), BlockHandle.Of(Block, 1), Soon);
            var before = silent.Requests;
            Assert.NotNull(store.Find(new HandleKey($"net.c{i}"), Soon));
            Assert.Equal(before, silent.Requests); // it stays with the one that answered
        }
    }

    [Fact]
    public void After_a_restart_the_same_client_goes_on_with_the_same_data()
    {
        using var server = new EtcdServer().Ready();
        using var store = new EtcdDatastore(server.Settings);
        var seen = store.Create(Handle, BlockHandle.Of(Block, 1), Soon);
        server.Stop();
        Assert.Equal(DatastoreFailure.Unavailable, FailureOf(() => store.Update(seen, BlockHandle.Of(Block, 2), Deadline.After(TimeSpan.FromSeconds(1)))));
        server.Start();
        server.Ready();
        store.Update(seen, BlockHandle.Of(Block, 2), Soon);
        Assert.Equal(2, store.Find(Handle, Soon)!.As<BlockHandle>().CountIn(Block));
    }

    [Theory]
    [InlineData(nameof(Mishap.LoseRequest))]
    [InlineData(nameof(Mishap.LoseAnswer))]
    [InlineData(nameof(Mishap.CutAnswer))]
    public void A_connection_that_breaks_in_the_middle_neither_loses_a_write_nor_does_it_twice(string mishap)
    {
        Clear();
        using var proxy = new FlakyProxy(fixture.Server.Port);
        using var store = new EtcdDatastore(fixture.Server.SettingsFor(proxy.Url));
        proxy.Fate = (n, _) => n % 2 == 0 ? Enum.Parse<Mishap>(mishap) : Mishap.None;
        var first = store.Create(Handle, BlockHandle.Of(Block, 1), Soon);
        var second = store.Update(first, BlockHandle.Of(Block, 2), Soon);
        Assert.Equal(second.Revision, store.Find(Handle, Soon)!.Revision);
        Assert.Equal("2", Version("/calico/ipam/v2/handle/net.c1"));
        store.Delete(second, Soon);
        Assert.Empty(fixture.Server.Dump());
        Assert.Equal(8, proxy.Requests);
    }

    [Fact]
    public void Whoever_was_really_faster_wins_even_when_the_connection_broke()
    {
        Clear();
        using var proxy = new FlakyProxy(fixture.Server.Port);
        using var store = new EtcdDatastore(fixture.Server.SettingsFor(proxy.Url));
        var seen = store.Create(Handle, BlockHandle.Of(Block, 1), Soon);
        proxy.Fate = (n, _) =>
        {
            if (n != 1)
                return Mishap.None;
            fixture.Server.Put("/calico/ipam/v2/handle/net.c1", """{"block":{"10.0.0.0/26":7},"deleted":false}""");
            return Mishap.LoseRequest;
        };
        Assert.Equal(DatastoreFailure.RevisionConflict, FailureOf(() => store.Update(seen, BlockHandle.Of(Block, 2), Soon)));
        Assert.Equal(7, store.Find(Handle, Soon)!.As<BlockHandle>().CountIn(Block));
    }

    [Theory]
    [InlineData(nameof(Mishap.StallAnswer))]
    [InlineData(nameof(Mishap.Silence))]
    public void Waiting_ends_with_the_deadline(string mishap)
    {
        using var proxy = new FlakyProxy(fixture.Server.Port) { Fate = (_, _) => Enum.Parse<Mishap>(mishap) };
        using var store = new EtcdDatastore(fixture.Server.SettingsFor(proxy.Url));
        var error = Assert.Throws<DatastoreException>(() => store.Find(Handle, Deadline.After(TimeSpan.FromMilliseconds(700))));
        Assert.Equal((DatastoreFailure.Unavailable, CniErrorCode.TryAgainLater), (error.Failure, error.Code));
        Assert.Contains($"{proxy.Url}: no answer within", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_slow_etcd_is_waited_for()
    {
        Clear();
        using var proxy = new FlakyProxy(fixture.Server.Port) { Delay = TimeSpan.FromMilliseconds(500) };
        using var store = new EtcdDatastore(fixture.Server.SettingsFor(proxy.Url));
        store.Create(Handle, BlockHandle.Of(Block, 1), Soon);
        Assert.Equal(1, proxy.Requests);
    }

    [Fact]
    public void Without_a_majority_there_is_an_error_to_try_again()
    {
        var peers = Enumerable.Range(0, 3).Select(_ => $"http://127.0.0.1:{EtcdServer.FreePort()}").ToList();
        var cluster = string.Join(',', peers.Select((peer, i) => $"m{i}={peer}"));
        var members = peers.Select((peer, i) => new EtcdServer(
            null, "--name", $"m{i}", "--initial-cluster", cluster, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer)).ToList();
        try
        {
            members.ForEach(member => member.Ready());
            using var store = new EtcdDatastore(members[0].SettingsFor([.. members.Select(member => member.Url)]));
            var seen = store.Create(Handle, BlockHandle.Of(Block, 1), Soon);
            members[1].Stop();
            seen = store.Update(seen, BlockHandle.Of(Block, 2), Soon);
            members[2].Stop();
            var error = Assert.Throws<DatastoreException>(() => store.Update(seen, BlockHandle.Of(Block, 3), Deadline.After(TimeSpan.FromSeconds(3))));
            Assert.Equal((DatastoreFailure.Unavailable, CniErrorCode.TryAgainLater), (error.Failure, error.Code));
            Assert.Contains(members[0].Url, error.Message, StringComparison.Ordinal);
            members[1].Start();
            members[1].Ready();
            Assert.InRange(store.Find(Handle, Soon)!.As<BlockHandle>().CountIn(Block), 2, 3);
        }
        finally
        {
            members.ForEach(member => member.Dispose());
        }
    }

    [Fact]
    public void A_full_etcd_says_so_and_lets_go_of_what_it_has()
    {
        using var server = new EtcdServer(null, "--quota-backend-bytes", "1048576").Ready();
        using var store = new EtcdDatastore(server.Settings);
        var seen = store.Create(Handle, BlockHandle.Of(Block, 1), Soon);
        var filler = new string('x', 200_000);
        for (var i = 0; server.TryCtl("put", $"/filler/{i}", filler[..100_000]).ExitCode == 0; i++)
            Assert.True(i < 100, "etcd does not fill up");
        var error = Assert.Throws<DatastoreException>(() => store.Update(seen, BlockHandle.Of(Block, 2), Soon));
        Assert.Equal((DatastoreFailure.Refused, CniErrorCode.Internal), (error.Failure, error.Code));
        Assert.Contains("database space exceeded", error.Message, StringComparison.Ordinal);
        Assert.Contains("etcdctl alarm disarm", error.Details, StringComparison.Ordinal);
        Assert.Equal(1, store.Find(Handle, Soon)!.As<BlockHandle>().CountIn(Block));
        store.Delete(seen, Soon);
        server.Ctl("del", "--prefix", "/filler/");
        using var status = System.Text.Json.JsonDocument.Parse(server.Ctl("endpoint", "status", "-w", "json"));
        server.Ctl("compact", status.RootElement[0].GetProperty("Status").GetProperty("header").GetProperty("revision").ToString());
        server.Ctl("defrag");
        server.Ctl("alarm", "disarm");
        store.Create(Handle, BlockHandle.Of(Block, 1), Soon);
    }

    [Fact]
    public void A_user_is_asked_for_checked_and_renewed()
    {
        using var server = new EtcdServer().Ready();
        foreach (var command in new[] { "user add root:secret", "role add root", "user grant-role root root", "user add cni:word", "role add calico", "role grant-permission calico --prefix=true readwrite /calico/", "user grant-role cni calico", "auth enable" })
            server.Ctl(command.Split(' '));
        using var nobody = new EtcdDatastore(server.Settings);
        var error = Assert.Throws<DatastoreException>(() => nobody.Find(Handle, Soon));
        Assert.Equal((DatastoreFailure.Refused, "etcd asks for a user: set ETCD_USERNAME and ETCD_PASSWORD"), (error.Failure, error.Details));
        using var wrong = new EtcdDatastore(server.Settings with { Username = "cni", Password = "wrong" });
        error = Assert.Throws<DatastoreException>(() => wrong.Find(Handle, Soon));
        Assert.Equal((DatastoreFailure.Refused, "check ETCD_USERNAME and ETCD_PASSWORD"), (error.Failure, error.Details));
        Assert.DoesNotContain("wrong", error.Message, StringComparison.Ordinal);

        using var store = new EtcdDatastore(server.Settings with { Username = "cni", Password = "word" });
        store.Create(Handle, BlockHandle.Of(Block, 1), Soon);
        server.Stop(); // its tokens are forgotten
        server.Start();
        Thread.Sleep(200);
        Assert.NotNull(store.Find(Handle, Soon));

        server.Stop();
        using var root = new EtcdServer().Ready();
        foreach (var command in new[] { "user add root:secret", "role add root", "user grant-role root root", "user add cni:word", "auth enable" })
            root.Ctl(command.Split(' '));
        using var unentitled = new EtcdDatastore(root.Settings with { Username = "cni", Password = "word" });
        Assert.Contains("may not read or write below /calico/", Assert.Throws<DatastoreException>(() => unentitled.Find(Handle, Soon)).Details, StringComparison.Ordinal);
    }

    [Fact]
    public void Something_else_on_the_port_is_not_taken_for_etcd()
    {
        using var listener = new HttpListener();
        var url = $"http://127.0.0.1:{EtcdServer.FreePort()}/";
        listener.Prefixes.Add(url);
        listener.Start();
        var server = new Thread(() =>
        {
            for (var i = 0; i < 2; i++)
            {
                var context = listener.GetContext();
                context.Response.StatusCode = i == 0 ? 200 : 404;
                context.Response.Close("<html>hello</html>"u8.ToArray(), willBlock: true);
            }
        });
        server.Start();
        using var store = new EtcdDatastore(EtcdSettings.Of([url]));
        Assert.Contains("the answer is not etcd's", Assert.Throws<DatastoreException>(() => store.Find(Handle, Soon)).Message, StringComparison.Ordinal);
        Assert.Contains("is it etcd 3.4 or newer?", Assert.Throws<DatastoreException>(() => store.Find(Handle, Soon)).Details, StringComparison.Ordinal);
        server.Join();
    }

    [Theory]
    [InlineData("127.0.0.1:2379")]
    [InlineData("http://a:2379/v2")]
    [InlineData("ftp://a:2379")]
    [InlineData("http://user:pw@a:2379")]
    [InlineData("")]
    public void An_endpoint_that_is_none_is_a_configuration_error(string text)
    {
        var error = Assert.Throws<CniException>(() => EtcdSettings.Of(text.Length == 0 ? [] : [text]));
        Assert.Equal(CniErrorCode.InvalidNetworkConfig, error.Code);
        Assert.DoesNotContain("pw", error.Message, StringComparison.Ordinal);
    }

    private void Clear() => fixture.Server.Ctl("del", "--prefix", "/calico/");

    private string Version(string path)
    {
        using var json = System.Text.Json.JsonDocument.Parse(fixture.Server.Ctl("get", "-w", "json", path));
        return json.RootElement.GetProperty("kvs")[0].GetProperty("version").ToString();
    }

    private static DatastoreFailure? FailureOf(Action act)
    {
        try
        {
            act();
            return null;
        }
        catch (DatastoreException e)
        {
            return e.Failure;
        }
    }
}
