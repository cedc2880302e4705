using CniPlugins.Linux;

namespace CniPlugins.Tests.Unit;

public sealed class HostLocalGcTests : IDisposable
{
    private readonly HostLocalLab _lab = new() { Ipam = """ "subnet": "10.1.0.0/24" """ };

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Gc_keeps_what_is_valid_and_what_is_no_address()
    {
        _lab.Add("c1");
        _lab.Add("c1", "eth1");
        _lab.Add("c2");
        _lab.Plant("10.1.0.50", "upstream\r\neth0");
        _lab.Plant("10.1.0.51", "gone\r\neth0");
        _lab.Plant("notes.txt", "gone\r\neth0");
        _lab.Gc(("c1", "eth0"), ("upstream", "eth0"));
        Assert.Equal("10.1.0.2 10.1.0.50 notes.txt", _lab.Files);
        Assert.True(File.Exists(_lab.PathOf("lock")));
        Assert.Equal("10.1.0.4", File.ReadAllText(_lab.PathOf("last_reserved_ip.0")));
        _lab.Call("CHECK", "c1").ShouldSucceed();
        Assert.Equal("10.1.0.5", _lab.Add("c3"));
    }

    [Fact]
    public void Old_files_are_valid_with_any_interface_of_their_container()
    {
        _lab.Plant("10.1.0.50", "c1");
        _lab.Plant("10.1.0.51", "c2");
        _lab.Gc(("c1", "eth7"));
        Assert.Equal("10.1.0.50", _lab.Files);
    }

    [Fact]
    public void An_empty_list_frees_everything_and_a_missing_one_nothing()
    {
        _lab.Add("c1");
        _lab.Plant("10.1.0.50", "c2");
        _lab.Call("GC").ShouldSucceed();
        Assert.Equal("10.1.0.2 10.1.0.50", _lab.Files);
        _lab.Gc();
        Assert.Equal("", _lab.Files);
    }

    [Fact]
    public void Networks_that_share_a_data_directory_do_not_touch_each_other()
    {
        var other = Directory.CreateDirectory(Path.Combine(_lab.DataDir, "m")).FullName;
        File.WriteAllText(Path.Combine(other, "10.1.0.2"), "c1\r\neth0");
        _lab.Add("c1");
        _lab.Gc();
        Assert.True(File.Exists(Path.Combine(other, "10.1.0.2")));
    }

    [Fact]
    public void What_is_reserved_while_gc_waits_is_spared()
    {
        _lab.Add("old");
        _lab.Add("ours");
        _lab.Plant("10.1.0.50", "theirs\r\neth0");
        var gc = new Thread(() => _lab.Gc());
        using (FileLock.Take(_lab.PathOf("lock"), 0x1e8, TimeSpan.FromSeconds(1)))
        {
            gc.Start();
            Thread.Sleep(100);
            _lab.Plant("10.1.0.51", "young\r\neth0");
            File.Delete(_lab.PathOf("10.1.0.50"));
            _lab.Plant("10.1.0.50", "another\r\neth0");
            var record = File.ReadAllText(_lab.RecordOf("ours"));
            var created = System.Text.Json.JsonDocument.Parse(record).RootElement.GetProperty("created").GetInt64();
            File.WriteAllText(_lab.RecordOf("ours"), record.Replace($"{created}", $"{BootClock.Nanoseconds}", StringComparison.Ordinal));
        }

        gc.Join();
        Assert.Equal("10.1.0.3 10.1.0.50 10.1.0.51", _lab.Files);
        _lab.Gc();
        Assert.Equal("", _lab.Files);
    }

    [Fact]
    public void Gc_without_any_state_succeeds_and_makes_none()
    {
        _lab.Gc();
        Assert.Empty(Directory.GetFileSystemEntries(_lab.DataDir));
    }

    [Fact]
    public void Gc_needs_no_valid_ranges()
    {
        _lab.Add("c1");
        _lab.Ipam = """ "subnet": "10.1.0.7/33" """;
        _lab.Gc();
        Assert.Equal("", _lab.Files);
    }
}
