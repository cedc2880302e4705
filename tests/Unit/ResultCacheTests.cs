using CniPlugins.Linux;
using CniPlugins.Runtime;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Unit;

/// <summary>GC of a runtime goes by its cache: who is remembered and not valid is deleted, but nobody who came after the list of the valid was made.</summary>
public sealed class ResultCacheTests
{
    private const string List = """{"cniVersion":"1.1.0","name":"n","plugins":[{"type":"main"}]}""";

    [Fact]
    public void An_entry_that_is_older_than_the_list_is_stale_unless_the_list_has_it()
    {
        using var host = new FakeHost();
        var cache = new ResultCache(host.CacheDirectory);
        foreach (var id in new[] { "stale", "valid" })
            Remember(cache, id);
        Pause();
        Assert.Equal(["stale"], Stale(cache, BootClock.Nanoseconds));
    }

    [Fact]
    public void An_entry_that_is_younger_than_the_list_is_spared()
    {
        using var host = new FakeHost();
        var cache = new ResultCache(host.CacheDirectory);
        Remember(cache, "old");
        Pause();
        var listed = BootClock.Nanoseconds;
        Pause();
        Remember(cache, "young");
        Assert.Equal(["old"], Stale(cache, listed));
        Pause();
        Assert.Equal(["old", "young"], Stale(cache, BootClock.Nanoseconds));
    }

    [Fact]
    public void GC_deletes_who_is_stale_and_not_who_was_added_after_its_caller_made_the_list()
    {
        using var host = new FakeHost();
        host.AddPlugin("main", 5);
        var list = NetworkList.Parse(System.Text.Encoding.UTF8.GetBytes(List));
        host.Runtime.Add(list, new RuntimeAttachment("old", "/run/netns/none-such", "eth0"));
        Pause();
        var listed = BootClock.Nanoseconds;
        Pause();
        host.Runtime.Add(list, new RuntimeAttachment("young", "/run/netns/none-such", "eth0"));
        host.Forget();

        host.Environment[Cni.CniEnvironment.GcStartedName] = $"{listed}";
        host.Runtime.Gc(list, []);
        Assert.Equal(["main DEL", "main GC"], host.Calls);
        Assert.Equal("old", host.Variables("main", "DEL")["CNI_CONTAINERID"]);
        Assert.False(File.Exists(host.CacheFile("n-old-eth0")));
        Assert.True(File.Exists(host.CacheFile("n-young-eth0")));
    }

    /// <summary>Longer than a tick of the clock that kernels before 6.13 stamp files by.</summary>
    private static void Pause() => Thread.Sleep(20);

    private static void Remember(ResultCache cache, string id) =>
        cache.Store(new CachedAttachment("n", new RuntimeAttachment(id, "/run/netns/none-such", "eth0")));

    private static IEnumerable<string> Stale(ResultCache cache, long moment) =>
        cache.ListStale("n", [new Cni.Attachment("valid", "eth0")], moment).Select(entry => entry.Attachment.ContainerId);
}
