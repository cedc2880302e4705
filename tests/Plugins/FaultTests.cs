using CniPlugins.Tests.Faults;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>Some points of the fault bench, other ones each time; scripts/faults.sh tries them all.</summary>
public sealed class FaultTests(ITestOutputHelper output)
{
    public static TheoryData<string> Networks() => [.. Network.All.Select(network => network.Name)];

    [Theory]
    [MemberData(nameof(Networks))]
    public void Whatever_is_killed_or_fails_DEL_or_GC_leave_nothing_and_every_answer_is_one_document(string name)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CNI_PLUGINS_SANDBOX") == "1", "needs root and a private mount namespace: run scripts/test.sh");
        Assert.SkipUnless(Tool.Exists("strace"), "there is no strace");
        var network = Network.All.Single(network => network.Name == name);
        var seed = int.Parse(Environment.GetEnvironmentVariable("CNI_PLUGINS_SEED") ?? $"{Environment.TickCount & 0xffff}");
        var random = new Random(seed);
        var lines = new List<string>();
        using var matrix = new Matrix(network, CniCall.OurBin, lines.Add);
        var tallies = matrix.Run(["ADD", "DEL", "GC"], Enum.GetValues<CleanUp>(), trials =>
        {
            var some = trials.ToArray();
            random.Shuffle(some);
            return some[..Math.Min(some.Length, (network.IsFirst ? 3 : 10) / network.Subjects.Count)];
        });
        output.WriteLine($"seed {seed} (CNI_PLUGINS_SEED), {Tally.Head}\n{string.Join('\n', lines)}");
        Assert.True(tallies.All(tally => tally.Debris + tally.Answers == 0), $"seed {seed}: {string.Join('\n', lines)}");
        Assert.True(tallies.Sum(tally => tally.Missed) <= 5, $"seed {seed}: faults do not strike: {string.Join('\n', lines)}");
    }

    /// <summary>The address plugin that a delegate asks in the same process must not keep its lock when it fails: undoing would wait for it.</summary>
    [Theory]
    [InlineData("ENOSPC")]
    [InlineData("EIO")]
    public void An_ADD_whose_address_plugin_fails_before_it_has_begun_leaves_nothing(string kind)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CNI_PLUGINS_SANDBOX") == "1", "needs root and a private mount namespace: run scripts/test.sh");
        Assert.SkipUnless(Tool.Exists("strace"), "there is no strace");
        var bootId = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        var lines = new List<string>();
        using var matrix = new Matrix(Network.All.Single(network => network.Name == "flannel"), CniCall.OurBin, lines.Add);
        var tallies = matrix.Run(["ADD"], [CleanUp.Nobody], trials =>
            [.. trials.Where(trial => trial.Fault.Kind == kind && trial.Fault.Site.Name == "read" && trial.Fault.Site.Text.Contains(bootId, StringComparison.Ordinal))]);
        Assert.True(tallies.All(tally => tally.Debris + tally.Answers == 0), string.Join('\n', lines));
        Assert.True(tallies.Sum(tally => tally.Errors) > 0, string.Join('\n', lines));
    }

    [Fact]
    public void A_call_that_a_signal_interrupted_is_counted_once()
    {
        var sites = CallSite.Parse(
        [
            """7     execve("/opt/cni/bin/portmap", ["portmap"], 0x7ffc /* 9 vars */) = 0""",
            """7     write(5, "*nat", 4) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)""",
            """7     write(5, "*nat", 4 <unfinished ...>""",
            """8     write(1, "", 0)   = 0""",
            """7     <... write resumed>)              = ? ERESTARTNOINTR (To be restarted)""",
            """7     write(5, "*nat", 4) = 4""",
            """7     write(1, "{}", 2 <unfinished ...>""",
            """7     <... write resumed>)              = 2""",
        ]);
        Assert.Equal([("execve", 1, false), ("write", 1, false), ("write", 2, true)], sites.Select(site => (site.Name, site.Occurrence, site.IsAnswer)));
    }
}
