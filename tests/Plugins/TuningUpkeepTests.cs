using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>Backups of tuning when things did not go as they should: pods that are gone, plugins that were killed, a runtime that has forgotten.</summary>
public sealed class TuningUpkeepTests
{
    [Theory]
    [InlineData("no namespace")]
    [InlineData("namespace gone")]
    [InlineData("no namespace any more")]
    [InlineData("interface gone")]
    [InlineData("configuration broken")]
    [InlineData("backup torn")]
    public void DEL_removes_the_backup_whatever_has_become_of_the_pod(string what)
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        tuning.Add(TuningCall.Everything);
        var (pod, members) = (tuning.Pod, TuningCall.Everything);
        switch (what)
        {
            case "no namespace":
                pod = "";
                break;
            case "namespace gone":
                host.RemovePod(pod);
                break;
            case "no namespace any more":
                pod = Path.Combine(host.Directory, "stale");
                File.WriteAllText(pod, ""); // a mount point that outlived its mount
                break;
            case "interface gone":
                Sandbox.PodIp(pod, "link del eth0");
                break;
            case "configuration broken":
                members = "\"mtu\":\"x\",\"sysctl\":5,\"prevResult\":7";
                break;
            case "backup torn":
                File.WriteAllText(tuning.BackupOf(), "{\n \"mtu\": 15");
                break;
            default:
                Assert.Fail(what);
                break;
        }

        tuning.Del(members, pod: pod);
        Assert.Empty(tuning.Files);
    }

    [Fact]
    public void DEL_leaves_alone_the_pod_that_got_the_old_ones_path()
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        tuning.Add("\"mtu\":1400,\"mac\":\"02:00:00:00:00:01\"");
        var name = Path.GetFileName(tuning.Pod);
        Tool.Run("ip", "netns", "del", name);
        Tool.Run("ip", "netns", "add", name);
        Sandbox.PodIp(tuning.Pod, "link add eth0 up mtu 1234 address 02:00:00:00:00:09 type veth peer name peer0");
        var before = tuning.State();
        tuning.Del("");
        Assert.Equal(before, tuning.State());
        Assert.Empty(tuning.Files);
    }

    [Fact]
    public void DEL_restores_what_it_can_says_what_it_cannot_and_succeeds()
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        tuning.Add("\"mtu\":1400,\"promisc\":true,\"mac\":\"02:00:00:00:00:01\"");
        var backup = File.ReadAllText(tuning.BackupOf());
        File.WriteAllText(tuning.BackupOf(), backup.Replace("1500", "70000", StringComparison.Ordinal));
        var reply = tuning.Run("DEL", tuning.Bare(""));
        Assert.Equal((0, ""), (reply.ExitCode, reply.Output));
        Assert.Contains("tuning: not restored: set mtu 70000 on eth0: invalid argument", reply.Error, StringComparison.Ordinal);
        Assert.Contains("mtu 1400 txqlen 1000 promiscuity 0", tuning.State(), StringComparison.Ordinal);
        File.WriteAllText(tuning.BackupOf(), backup);
        tuning.Del("");
        Assert.Contains("mtu 1500 txqlen 1000 promiscuity 0", tuning.State(), StringComparison.Ordinal);
        Assert.Empty(tuning.Files);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Whenever_ADD_is_killed_DEL_leaves_nothing(bool podLives)
    {
        using var host = new Sandbox();
        Assert.SkipUnless(Tool.Exists("strace"), "there is no strace");
        var tuning = new TuningCall(host);
        var before = tuning.State();
        const string members = "\"mac\":\"02:00:00:00:00:01\",\"mtu\":1400,\"promisc\":true,\"allmulti\":true,\"txQLen\":77";
        foreach (var (call, step) in new[] { ("mkdir", 1), ("lsetxattr", 1), ("pwrite64", 1), ("ftruncate", 1) }.Concat(Enumerable.Range(1, 6).Select(i => ("sendto", i))))
        {
            var killed = tuning.RunPrepared(
                "ADD", "", tuning.Conf(members), $"strace -f -qq -o /dev/null -e trace={call} -e inject={call}:signal=KILL:when={step}");
            Assert.True(killed.Output.Length == 0, $"{call} {step}: {killed.Output}");
            tuning.Del(members, pod: podLives ? null : "");
            Assert.Empty(tuning.Files);
            if (podLives)
                Assert.Equal(before, tuning.State());
            else
                Sandbox.PodIp(tuning.Pod, "link set eth0 mtu 1500 promisc off allmulticast off txqueuelen 1000");
        }
    }

    [Fact]
    public void A_retry_after_a_kill_remembers_what_was_before_the_first_try()
    {
        using var host = new Sandbox();
        Assert.SkipUnless(Tool.Exists("strace"), "there is no strace");
        var tuning = new TuningCall(host);
        var before = tuning.State();
        const string members = "\"mac\":\"02:00:00:00:00:01\",\"mtu\":1400,\"promisc\":true,\"allmulti\":true,\"txQLen\":77";
        tuning.RunPrepared("ADD", "", tuning.Conf(members), "strace -f -qq -o /dev/null -e trace=sendto -e inject=sendto:signal=KILL:when=5");
        Assert.NotEqual(before, tuning.State());
        tuning.Add(members);
        tuning.Del(members);
        Assert.Equal(before, tuning.State());
    }

    [Fact]
    public void GC_removes_backups_of_no_valid_attachment_of_the_network_and_nothing_else()
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        foreach (var id in new[] { "c1", "c2", "c_3" })
            tuning.Add("\"mtu\":1400", id);
        tuning.Add("\"mtu\":1400", "d1", network: "n2");
        new TuningCall(host, CniCall.UpstreamBin, tuning.Pod).Add("\"mtu\":1400", "debian");
        foreach (var other in new[] { "note.txt", "x_y.json" })
            File.WriteAllText(Path.Combine(tuning.DataDir, other), "{}");
        File.WriteAllText(Path.Combine(tuning.DataDir, "killed_eth0.json"), ""); // before it could say whose it is
        var state = tuning.State();

        Assert.Equal(0, tuning.Run("GC", tuning.Bare("", "1.1.0")).ExitCode); // without a list
        Assert.Equal(["c1_eth0.json", "c2_eth0.json", "c_3_eth0.json", "d1_eth0.json", "debian_eth0.json", "killed_eth0.json", "note.txt", "x_y.json"], tuning.Files);
        tuning.Gc("n1", ("c2", "eth0"), ("c_3", "eth0"), ("c1", "net1"));
        Assert.Equal(["c2_eth0.json", "c_3_eth0.json", "d1_eth0.json", "debian_eth0.json", "note.txt", "x_y.json"], tuning.Files);
        tuning.Gc("n1");
        Assert.Equal(["d1_eth0.json", "debian_eth0.json", "note.txt", "x_y.json"], tuning.Files);
        tuning.Gc("n2", ("d1", "eth0"));
        tuning.Gc("n3");
        Assert.Equal(["d1_eth0.json", "debian_eth0.json", "note.txt", "x_y.json"], tuning.Files);
        tuning.Gc("n2");
        Assert.Equal(["debian_eth0.json", "note.txt", "x_y.json"], tuning.Files);
        Assert.Equal(state, tuning.State());
    }

    [Fact]
    public void STATUS_says_whether_backups_could_be_kept_and_makes_nothing()
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        Assert.Equal((0, ""), (tuning.Run("STATUS", tuning.Bare(TuningCall.Everything, "1.1.0")).ExitCode, tuning.Run("STATUS", tuning.Bare("", "1.1.0")).Output));
        Assert.False(Directory.Exists(tuning.DataDir));
        File.WriteAllText(tuning.DataDir, "");
        var (code, message, _) = CniCall.Error(tuning.Run("STATUS", tuning.Bare("", "1.1.0")));
        Assert.Equal((50, $"tuning cannot keep backups: {tuning.DataDir} is not a directory"), (code, message));
        Assert.Equal("invalid net sysctl key: \"kernel/x\"", CniCall.Error(tuning.Run("STATUS", tuning.Bare("\"sysctl\":{\"kernel.x\":\"1\"}", "1.1.0"))).Message);
    }
}
