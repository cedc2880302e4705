using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>A machine that went down with pods on it: what its disks remember is in nobody's way, and nothing of this boot is taken for it.</summary>
public sealed class RebootTests
{
    private const int Room = 5; // addresses in a /29 beside network, gateway and broadcast

    [Fact]
    public void A_full_range_serves_again_after_a_reboot_without_any_cleaning_up()
    {
        using var machine = new RebootedMachine();
        machine.Define("10.1.0.0/29");
        var before = machine.Fill(Room);
        Assert.Contains("no IP addresses available", machine.TryAdd(machine.Host.AddPod()).Error, StringComparison.Ordinal);

        machine.Reboot(before);
        var after = machine.Fill(Room);
        Assert.Contains("no IP addresses available", machine.TryAdd(machine.Host.AddPod()).Error, StringComparison.Ordinal);
        Assert.Equal(Room, Conf.Leases(machine.Host, "a").Length);

        // The kubelet's DEL of what it remembers comes late, and takes nothing from anybody.
        Assert.All(before, pod => machine.Del(pod));
        Assert.Equal(Room, Conf.Leases(machine.Host, "a").Length);
        Assert.All(after, pod => Assert.Equal(0, machine.Check(pod).ExitCode));
        Assert.All(after, pod => machine.Del(pod));
        Assert.Empty(Holdings.Of(machine.Host));
    }

    [Fact]
    public void What_was_reserved_in_this_boot_is_never_taken_even_when_its_pod_is_gone()
    {
        using var machine = new RebootedMachine();
        machine.Define("10.1.0.0/29");
        machine.Reboot([]);
        var pods = machine.Fill(Room);
        foreach (var pod in pods)
            machine.Host.RemovePod(pod);
        var leases = Conf.Leases(machine.Host, "a");
        Assert.Contains("no IP addresses available", machine.TryAdd(machine.Host.AddPod()).Error, StringComparison.Ordinal);
        Assert.Equal(leases, Conf.Leases(machine.Host, "a"));
    }

    [Theory]
    [InlineData("1970-01-02")]
    [InlineData("2100-01-02")]
    public void It_does_not_matter_what_the_clock_said_or_says(string date)
    {
        using var machine = new RebootedMachine();
        machine.Define("10.1.0.0/29");
        var old = machine.Fill(2);
        machine.Reboot(old);
        var young = machine.Fill(3);
        Tool.Run("sh", "-c", $"find {machine.Host.Directory} -exec touch -h -d {date} {{}} +");
        var late = machine.Fill(2); // the two that the reboot has freed
        Assert.Contains("no IP addresses available", machine.TryAdd(machine.Host.AddPod()).Error, StringComparison.Ordinal);
        Tool.Run("sh", "-c", $"find {machine.Host.Directory} -exec touch -h -d {date} {{}} +");
        machine.Gc([.. young.Skip(1), .. late]);
        Assert.Equal(young.Skip(1).Concat(late).Select(pod => $"{ToolCall.IdOf(pod)} eth0").Order(StringComparer.Ordinal), Holdings.Of(machine.Host).Keys);
        Assert.All(young.Skip(1).Concat(late), pod => Assert.Equal(0, machine.Check(pod).ExitCode));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_the_disks_remember_goes_with_DEL_and_with_GC_alone(bool isDeleted)
    {
        using var machine = new RebootedMachine();
        machine.Define("10.1.0.0/24");
        var old = machine.Fill(3);
        machine.Reboot(old);
        Assert.Equal(3, Holdings.Of(machine.Host).Count); // leases, backups, results
        var young = machine.Fill(2);
        if (isDeleted)
            Assert.All(old, pod => machine.Del(pod));
        else
            machine.Gc(young, forget: old);
        Assert.Equal(young.Select(pod => $"{ToolCall.IdOf(pod)} eth0").Order(StringComparer.Ordinal), Holdings.Of(machine.Host).Keys);
        Assert.All(young, pod => Assert.Equal(0, machine.Check(pod).ExitCode));
    }

    [Fact]
    public void A_full_pool_of_blocks_serves_again_when_the_runtime_says_what_is_valid()
    {
        using var machine = new RebootedMachine();
        machine.DefineBlocks("10.7.0.0/29");
        var old = machine.Fill(8);
        Assert.NotEqual(0, machine.TryAdd(machine.Host.AddPod()).ExitCode);
        machine.Reboot(old);
        machine.Gc([], forget: old);
        machine.Fill(8);
    }
}
