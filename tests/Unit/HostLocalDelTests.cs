namespace CniPlugins.Tests.Unit;

public sealed class HostLocalDelTests : IDisposable
{
    private readonly HostLocalLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Del_frees_this_attachment_in_all_sets_and_nothing_else()
    {
        _lab.Ipam = """ "ranges": [[{"subnet": "10.1.0.0/29"}], [{"subnet": "fd00::/64"}]] """;
        _lab.Add("c1");
        _lab.Add("c1", "eth1");
        _lab.Add("c2");
        _lab.Del("c1");
        Assert.Equal("10.1.0.3 10.1.0.4 fd00::3 fd00::4", _lab.Files);
        _lab.Del("c1");
        _lab.Del("c1", "eth1");
        _lab.Del("c2");
        Assert.Equal("", _lab.Files);
        Assert.Equal("10.1.0.4", File.ReadAllText(_lab.PathOf("last_reserved_ip.0")));
        Assert.Empty(Directory.GetFiles(Path.Combine(_lab.Index, "owners")));
        Assert.Empty(Directory.GetFiles(Path.Combine(_lab.Index, "used")));
    }

    [Theory]
    [InlineData("")]
    [InlineData(""" "subnet": "10.1.0.7/33" """)]
    [InlineData(""" "ranges": [[{}]], "resolvConf": "/none/such" """)]
    public void Del_and_check_need_no_valid_ranges(string ipam)
    {
        _lab.Add();
        _lab.Ipam = ipam;
        _lab.Call("CHECK").ShouldSucceed();
        _lab.Del();
        Assert.Equal("", _lab.Files);
    }

    [Fact]
    public void Del_without_any_state_succeeds_and_makes_none()
    {
        _lab.Del();
        Assert.Empty(Directory.GetFileSystemEntries(_lab.DataDir));
    }

    [Theory]
    [InlineData("c1\r\neth0")]
    [InlineData("  c1\r\neth0\n")]
    [InlineData("c1")]
    [InlineData("c1\n")]
    public void Files_that_others_wrote_are_recognised(string content)
    {
        _lab.Plant("10.1.0.5", content);
        _lab.Plant("10.1.0.6", "c2\r\neth0");
        _lab.Call("CHECK").ShouldSucceed();
        Assert.Equal("999: failed to allocate for range 0: 10.1.0.5 has been allocated to c1, duplicate allocation is not allowed", _lab.Call("ADD").Error);
        _lab.Del();
        Assert.Equal("10.1.0.6", _lab.Files);
    }

    [Fact]
    public void A_file_with_only_a_container_goes_only_if_there_is_no_better_match()
    {
        _lab.Plant("10.1.0.4", "c1");
        _lab.Plant("10.1.0.5", "c1\r\neth0");
        _lab.Del();
        Assert.Equal("10.1.0.4", _lab.Files);
        _lab.Del();
        Assert.Equal("", _lab.Files);
    }

    [Fact]
    public void What_others_change_right_after_our_call_is_noticed()
    {
        _lab.Ipam = """ "subnet": "10.1.0.0/24" """;
        for (var i = 0; i < 60; i++)
        {
            Assert.Equal($"10.1.0.{(3 * i) + 2}", _lab.Add($"a{i}"));
            File.WriteAllText(_lab.PathOf($"10.1.0.{(3 * i) + 3}"), $"b{i}\r\neth0");
            Assert.Equal($"10.1.0.{(3 * i) + 4}", _lab.Add($"d{i}"));
            File.Delete(_lab.PathOf($"10.1.0.{(3 * i) + 4}"));
            Assert.NotEqual(0, _lab.Call("CHECK", $"d{i}").ExitCode);
            File.WriteAllText(_lab.PathOf($"10.1.0.{(3 * i) + 4}"), $"e{i}\r\neth0");
            _lab.Call("CHECK", $"b{i}").ShouldSucceed();
            _lab.Call("CHECK", $"e{i}").ShouldSucceed();
        }

        for (var i = 0; i < 60; i++)
        {
            _lab.Del($"b{i}");
            File.WriteAllText(_lab.PathOf("10.1.0.253"), $"f{i}\r\neth0");
            _lab.Del($"f{i}");
            _lab.Del($"a{i}");
            _lab.Del($"e{i}");
        }

        Assert.Equal("", _lab.Files);
    }

    [Fact]
    public void A_file_that_changed_hands_is_not_removed_with_its_old_owner()
    {
        _lab.Add("c1");
        File.WriteAllText(_lab.PathOf("10.1.0.2"), "c2\r\neth0");
        _lab.Del("c1");
        Assert.Equal("10.1.0.2", _lab.Files);
    }

    [Fact]
    public void Losing_the_index_loses_nothing()
    {
        _lab.Add("c1");
        _lab.Add("c2");
        Directory.Delete(Path.Combine(_lab.DataDir, ".index"), recursive: true);
        _lab.Call("CHECK", "c1").ShouldSucceed();
        File.Delete(_lab.RecordOf("c2"));
        _lab.Del("c2");
        File.WriteAllText(Path.Combine(_lab.Index, "stamp"), "");
        _lab.Del("c1");
        Assert.Equal("", _lab.Files);
        Assert.Equal("10.1.0.4", _lab.Add("c3"));
    }

    [Fact]
    public void A_second_call_does_not_look_at_other_files()
    {
        _lab.Ipam = """ "subnet": "10.1.0.0/24" """;
        _lab.Add("c1");
        _lab.Add("c2");
        // Written in place, so that the directory's time stays: only a scan would find that c2 is somebody else now, and write it down.
        File.WriteAllText(_lab.PathOf("10.1.0.3"), "c9\r\neth0");
        _lab.Add("c3");
        _lab.Call("CHECK", "c3").ShouldSucceed();
        _lab.Del("c3");
        Assert.False(File.Exists(_lab.RecordOf("c9")));
    }

    [Theory]
    [InlineData("CHECK c9", "10.1.0.2 10.1.0.3")]
    [InlineData("DEL c9", "10.1.0.2")]
    [InlineData("DEL c2", "10.1.0.2 10.1.0.3")] // it is c9's now
    [InlineData("CHECK c2", "10.1.0.2 10.1.0.3")]
    [InlineData("GC", "10.1.0.2")]
    [InlineData("GC c2", "10.1.0.2")]
    [InlineData("GC c9", "10.1.0.2 10.1.0.3")]
    public void A_file_that_was_written_in_place_is_believed_more_than_its_record(string call, string left)
    {
        _lab.Ipam = """ "subnet": "10.1.0.0/24" """;
        _lab.Add("c1");
        _lab.Add("c2");
        File.WriteAllText(_lab.PathOf("10.1.0.3"), "c9\r\neth0");
        if (call.Split(' ') is ["GC", .. var valid])
            _lab.Gc([("c1", "eth0"), .. valid.Select(id => (id, "eth0"))]);
        else if (call == "CHECK c2")
            Assert.Contains("Failed to find", _lab.Call("CHECK", "c2").Error, StringComparison.Ordinal);
        else
            _lab.Call(call.Split(' ')[0], call.Split(' ')[1]).ShouldSucceed();
        Assert.Equal(left, _lab.Files);
        if (left.EndsWith('3'))
        {
            _lab.Call("CHECK", "c9").ShouldSucceed();
            _lab.Del("c9");
        }

        _lab.Call("CHECK", "c1").ShouldSucceed();
        Assert.Equal("10.1.0.2", _lab.Files);
        Assert.Equal("10.1.0.4", _lab.Add("c4"));
    }

    [Fact]
    public void Links_are_not_followed()
    {
        var outside = Path.Combine(_lab.DataDir, "outside");
        File.WriteAllText(outside, "c1\r\neth0");
        Directory.CreateDirectory(_lab.Network);
        File.CreateSymbolicLink(_lab.PathOf("10.1.0.2"), outside);
        File.CreateSymbolicLink(_lab.PathOf("last_reserved_ip.0"), outside);
        Directory.CreateDirectory(_lab.PathOf("10.1.0.3"));
        _lab.Del("c1");
        Assert.NotEqual(0, _lab.Call("ADD", "c2").ExitCode);
        Assert.Equal("10.1.0.2", _lab.Files); // and the address that could not be remembered went back
        Assert.Equal("c1\r\neth0", File.ReadAllText(outside));
        File.Delete(_lab.PathOf("last_reserved_ip.0"));
        Assert.Equal("10.1.0.4", _lab.Add("c2"));
        Assert.Equal("10.1.0.2 10.1.0.4", _lab.Files);
    }

    [Fact]
    public void A_linked_network_directory_is_refused_by_add_and_left_alone_by_del()
    {
        var outside = Directory.CreateDirectory(Path.Combine(_lab.DataDir, "outside")).FullName;
        File.WriteAllText(Path.Combine(outside, "10.1.0.2"), "c1\r\neth0");
        Directory.CreateSymbolicLink(_lab.Network, outside);
        _lab.Del("c1");
        Assert.Equal($"999: open {_lab.Network}: it is a symbolic link", _lab.Call("ADD", "c2").Error);
        Assert.Equal(["10.1.0.2"], Directory.GetFileSystemEntries(outside).Select(Path.GetFileName));
    }

    [Fact]
    public void Container_ids_of_any_length_have_a_record()
    {
        var (a, b) = (new string('x', 300) + "1", new string('x', 300) + "2");
        _lab.Add(a);
        _lab.Add(b);
        _lab.Del(a);
        Assert.Equal("10.1.0.3", _lab.Files);
        _lab.Del(b);
        Assert.Equal("", _lab.Files);
    }
}
