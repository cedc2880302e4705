using CniPlugins.Linux;

namespace CniPlugins.Tests.Unit;

/// <summary>What kill -9, full disks and reboots leave behind, made by hand.</summary>
public sealed class HostLocalCrashTests : IDisposable
{
    private readonly HostLocalLab _lab = new();

    public void Dispose() => _lab.Dispose();

    /// <summary>ADD of c2 killed after so many of its steps; the steps in the order of LeaseStore and LeaseIndex.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Add_may_be_killed_after_every_step(int steps)
    {
        _lab.Add("c1");
        var before = Snapshot.Of(_lab);
        _lab.Add("c2");
        before.RewindTo(_lab, steps);

        Assert.Equal(steps < 3 ? "10.1.0.2" : "10.1.0.2 10.1.0.3", _lab.Files);
        var third = _lab.Add("c3");
        Assert.NotEqual("10.1.0.2", third);
        Assert.Equal(steps < 3, third == "10.1.0.3");
        Assert.Equal(steps < 3, _lab.Call("CHECK", "c2").ExitCode != 0);
        Assert.Equal("c1\r\neth0", File.ReadAllText(_lab.PathOf("10.1.0.2")));
        if (steps >= 3)
            Assert.Contains("duplicate", _lab.Call("ADD", "c2").Error, StringComparison.Ordinal);
        _lab.Del("c2");
        Assert.Equal($"10.1.0.2 {third}", _lab.Files);
        _lab.Gc();
        Assert.Equal("", _lab.Files);
        Assert.False(File.Exists(Path.Combine(_lab.Index, "new")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(6)]
    public void Gc_frees_what_a_killed_add_left(int steps)
    {
        _lab.Add("c1");
        var before = Snapshot.Of(_lab);
        _lab.Add("c2");
        before.RewindTo(_lab, steps);
        _lab.Gc(("c1", "eth0"));
        Assert.Equal("10.1.0.2", _lab.Files);
        Assert.False(File.Exists(Path.Combine(_lab.Index, "new")));
        Assert.Equal(["c1:eth0"], Directory.GetFiles(Path.Combine(_lab.Index, "owners")).Select(Path.GetFileName));
    }

    [Fact]
    public void Del_may_be_killed_before_the_index_follows()
    {
        _lab.Ipam = """ "ranges": [[{"subnet": "10.1.0.0/29"}], [{"subnet": "fd00::/64"}]] """;
        _lab.Add("c1");
        File.Delete(_lab.PathOf("10.1.0.2")); // one of two: then the kill
        _lab.Del("c1");
        Assert.Equal("", _lab.Files);
        Assert.Equal("10.1.0.3 fd00::3", _lab.Add("c1"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\r\n")]
    [InlineData("\0\0\0\0")]
    public void Empty_files_are_free_addresses(string content)
    {
        foreach (var i in Enumerable.Range(2, 5))
            _lab.Plant($"10.1.0.{i}", content);
        Assert.Equal("10.1.0.2", _lab.Add("c1"));
        Assert.Equal("c1\r\neth0", File.ReadAllText(_lab.PathOf("10.1.0.2")));
        _lab.Args = "IP=10.1.0.5";
        Assert.Equal("10.1.0.5", _lab.Add("c2"));
        _lab.Gc(("c1", "eth0"), ("c2", "eth0"));
        Assert.Equal("10.1.0.2 10.1.0.5", _lab.Files);
    }

    [Fact]
    public void A_torn_file_names_nobody_and_gc_frees_it()
    {
        _lab.Plant("10.1.0.2", "c1\r\net");
        _lab.Plant("10.1.0.3", "c");
        Assert.Equal("10.1.0.4", _lab.Add("c1"));
        _lab.Gc(("c1", "eth0"));
        Assert.Equal("10.1.0.4", _lab.Files);
    }

    [Fact]
    public void A_torn_record_is_forgotten()
    {
        _lab.Add("c1");
        File.WriteAllText(_lab.RecordOf("c1"), """{"containerID":"c1","ifna""");
        File.Delete(Path.Combine(_lab.Index, "stamp"));
        _lab.Del("c1");
        Assert.Equal("", _lab.Files);
    }

    [Fact]
    public void A_full_range_takes_back_what_another_boot_left()
    {
        for (var i = 0; i < 5; i++)
            _lab.Add($"c{i}");
        _lab.OfAnotherBoot("c1");
        _lab.OfAnotherBoot("c3");
        Assert.Equal("10.1.0.3", _lab.Add("d1"));
        Assert.Equal("10.1.0.5", _lab.Add("d2"));
        Assert.Contains("no IP addresses available", _lab.Call("ADD", "d3").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_of_this_boot_or_of_others_or_with_a_namespace_is_taken_back()
    {
        var netns = Path.Combine(_lab.DataDir, "netns");
        _lab.Add("mine");
        _lab.Plant("10.1.0.3", "theirs\r\neth0");
        File.SetLastWriteTimeUtc(_lab.PathOf("10.1.0.3"), DateTime.UnixEpoch);
        _lab.Add("alive");
        _lab.Call("ADD", "dead", netns: netns).ShouldSucceed();
        _lab.Call("ADD", "gone", netns: netns).ShouldSucceed();
        _lab.OfAnotherBoot("alive");
        File.WriteAllText(_lab.RecordOf("alive"), File.ReadAllText(_lab.RecordOf("alive")).Replace("/run/netns/none-such", "/proc/self/ns/net", StringComparison.Ordinal));
        _lab.OfAnotherBoot("dead");
        File.WriteAllText(netns, "a file, but no namespace");
        Assert.Equal("10.1.0.5", _lab.Add("next"));
        Assert.Contains("no IP addresses available", _lab.Call("ADD", "more").Error, StringComparison.Ordinal);
        Assert.Equal("10.1.0.2 10.1.0.3 10.1.0.4 10.1.0.5 10.1.0.6", _lab.Files);
    }

    [Fact]
    public void A_container_that_comes_back_after_a_reboot_is_no_duplicate()
    {
        _lab.Ipam = """ "ranges": [[{"subnet": "10.1.0.0/29"}], [{"subnet": "fd00::/64"}]] """;
        _lab.Add("c1");
        _lab.OfAnotherBoot("c1");
        Assert.Equal("10.1.0.3 fd00::3", _lab.Add("c1"));
        Assert.Equal("10.1.0.3 fd00::3", _lab.Files);
        Assert.Contains("duplicate", _lab.Call("ADD", "c1").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_requested_address_of_another_boot_is_given()
    {
        _lab.Add("c1");
        _lab.Add("c2");
        _lab.OfAnotherBoot("c1");
        _lab.Args = "IP=10.1.0.2";
        Assert.Equal("10.1.0.2", _lab.Add("d1"));
        _lab.Args = "IP=10.1.0.3";
        Assert.Contains("is not available", _lab.Call("ADD", "d2").Error, StringComparison.Ordinal);
    }

    /// <summary>The state before an ADD, to go back to step by step.</summary>
    private sealed record Snapshot(byte[] Used, byte[] Stamp, byte[] Last, long Network, long Owners)
    {
        public static Snapshot Of(HostLocalLab lab) => new(
            File.ReadAllBytes(Page(lab)), File.ReadAllBytes(StampOf(lab)), File.ReadAllBytes(lab.PathOf("last_reserved_ip.0")),
            FileStatus.Of(lab.Network)!.Value.ModifiedNanoseconds, FileStatus.Of(OwnersOf(lab))!.Value.ModifiedNanoseconds);

        public void RewindTo(HostLocalLab lab, int steps)
        {
            var temporary = Path.Combine(lab.Index, "new");
            var (network, owners) = (Of(lab).Network, Of(lab).Owners);
            if (steps < 8)
                File.WriteAllBytes(StampOf(lab), Stamp);
            if (steps < 7)
                File.WriteAllBytes(Page(lab), Used);
            if (steps < 6)
                File.WriteAllBytes(lab.PathOf("last_reserved_ip.0"), Last);
            if (steps is 2 or 3)
                Tool("ln", lab.PathOf("10.1.0.3"), temporary);
            if (steps < 3)
                File.Delete(lab.PathOf("10.1.0.3"));
            if (steps < 1)
                File.Delete(lab.RecordOf("c2"));
            // The kernel's own times: as they were where nothing has changed yet, a later one where something has.
            Assert.True(FileStatus.TrySetModified(lab.Network, steps < 3 ? Network : steps < 7 ? network + 1 : network));
            Assert.True(FileStatus.TrySetModified(OwnersOf(lab), steps < 1 ? Owners : steps < 7 ? owners + 1 : owners));
        }

        private static string Page(HostLocalLab lab) => Path.Combine(lab.Index, "used", "10.1.0.0");

        private static string StampOf(HostLocalLab lab) => Path.Combine(lab.Index, "stamp");

        private static string OwnersOf(HostLocalLab lab) => Path.Combine(lab.Index, "owners");

        private static void Tool(string program, params string[] arguments) => Support.Tool.Run(program, arguments);
    }

    /// <summary>A runtime that lost a pod without DEL makes it again under its old name.</summary>
    [Theory]
    [InlineData("another path")]
    [InlineData("the same path")]
    public void An_attachment_whose_namespace_is_gone_may_come_again(string where)
    {
        var (old, next) = (Path.Combine(_lab.DataDir, "old"), Path.Combine(_lab.DataDir, where == "another path" ? "next" : "old"));
        File.CreateSymbolicLink(old, "/proc/self/ns/uts");
        _lab.Call("ADD", "c1", netns: old).ShouldSucceed();
        Assert.Contains("duplicate allocation", _lab.Call("ADD", "c1", netns: old).Error, StringComparison.Ordinal);
        File.Delete(old);
        File.CreateSymbolicLink(next, where == "another path" ? "/proc/self/ns/uts" : "/proc/self/ns/ipc");
        _lab.Call("ADD", "c1", netns: next).ShouldSucceed();
        Assert.DoesNotContain(' ', _lab.Files);
        _lab.Call("DEL", "c1").ShouldSucceed();
        Assert.Equal("", _lab.Files);
    }
}
