namespace CniPlugins.Tests.Unit;

/// <summary>Upstream's own executable on the same directory.</summary>
public sealed class HostLocalInteropTests : IDisposable
{
    private readonly HostLocalLab _lab = new() { Ipam = """ "ranges": [[{"subnet": "10.1.0.0/28"}], [{"subnet": "fd00::/64"}]] """ };

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void What_they_add_we_check_refuse_twice_and_delete()
    {
        Assert.Equal("10.1.0.2 fd00::2", _lab.CallUpstream("ADD", "c1").Addresses);
        Assert.Equal("10.1.0.3 fd00::3", _lab.CallUpstream("ADD", "c2").Addresses);
        _lab.Call("CHECK", "c1").ShouldSucceed();
        Assert.Equal(_lab.CallUpstream("ADD", "c1").Error, _lab.Call("ADD", "c1").Error);
        _lab.Del("c1");
        Assert.Equal("10.1.0.3 fd00::3", _lab.Files);
        Assert.NotEqual(0, _lab.CallUpstream("CHECK", "c1").ExitCode);
    }

    [Fact]
    public void What_we_add_they_check_refuse_twice_and_delete()
    {
        _lab.Version = "1.0.0";
        _lab.Add("c1");
        _lab.Add("c2");
        _lab.CallUpstream("CHECK", "c1").ShouldSucceed();
        Assert.Equal(_lab.Call("ADD", "c1").Error, _lab.CallUpstream("ADD", "c1").Error);
        // Theirs released both of c1's sets with that refusal, unless it was the first set's.
        _lab.CallUpstream("DEL", "c1").ShouldSucceed();
        Assert.Equal("10.1.0.3 fd00::3", _lab.Files);
        Assert.Contains("Failed to find", _lab.Call("CHECK", "c1").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Both_hand_out_the_same_sequence()
    {
        using var other = new HostLocalLab { Ipam = _lab.Ipam };
        var random = new Random(7);
        for (var i = 0; i < 60; i++)
        {
            var container = $"c{random.Next(12)}";
            var verb = random.Next(3) == 0 ? "DEL" : "ADD";
            _lab.Version = "1.0.0";
            var (ours, theirs) = (_lab.Call(verb, container), other.CallUpstream(verb, container));
            Assert.Equal(theirs.ExitCode, ours.ExitCode);
            Assert.Equal(other.Files, _lab.Files);
            if (ours.ExitCode != 0)
                Assert.Equal(theirs.Error, ours.Error);
            else if (verb == "ADD")
                Assert.Equal(theirs.Addresses, ours.Addresses);
        }
    }

    [Fact]
    public void Both_take_turns_on_one_directory()
    {
        var held = new HashSet<string>();
        for (var i = 0; i < 12; i++)
        {
            var answer = i % 2 == 0 ? _lab.CallUpstream("ADD", $"c{i}") : _lab.Call("ADD", $"c{i}");
            Assert.True(held.Add(answer.Addresses));
        }

        for (var i = 0; i < 12; i++)
            (i % 3 == 0 ? _lab.CallUpstream("DEL", $"c{i}") : _lab.Call("DEL", $"c{i}")).ShouldSucceed();
        Assert.Equal("", _lab.Files);
    }
}
