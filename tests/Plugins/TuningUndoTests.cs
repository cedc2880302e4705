using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>ADD of tuning that fails at any step leaves settings and files as they were.</summary>
public sealed class TuningUndoTests
{
    private const string Good = TuningCall.Everything + ",\"txQLen\":77";

    [Theory]
    [InlineData("\"sysctl\":{\"net.core.somaxconn\":\"500\",\"kernel.x\":\"1\"}", "invalid net sysctl key: \"kernel/x\"")]
    [InlineData("\"sysctl\":{\"net.core.somaxconn\":\"500\",\"net/../../kernel/hostname\":\"1\"}", "open /proc/sys/net/kernel/hostname: no such file or directory")]
    [InlineData("\"sysctl\":{\"net.core.somaxconn\":\"500\",\"/etc/hostname\":\"1\"}", "invalid net sysctl key: \"/etc/hostname\"")]
    [InlineData("\"sysctl\":{\"net.core.somaxconn\":\"500\",\"/proc/sys/net/core/optmem_max\":\"1\"}", "invalid net sysctl key: \"/proc/sys/net/core/optmem_max\"")]
    [InlineData("\"sysctl\":{\"net.core.somaxconn\":\"500\",\"..\":\"1\"}", "invalid net sysctl key: \"//\"")]
    [InlineData("\"sysctl\":{\"net.core.somaxconn\":\"500\",\"net.ipv4.nonexist\":\"1\"}", "open /proc/sys/net/ipv4/nonexist: no such file or directory")]
    [InlineData("\"sysctl\":{\"net.core.somaxconn\":\"500\",\"net.ipv4\":\"1\"}", "open /proc/sys/net/ipv4: is a directory")]
    [InlineData("\"sysctl\":{\"net.core.somaxconn\":\"500\",\"net.ipv4.conf.IFNAME.log_martians\":\"abc\"}", "write /proc/sys/net/ipv4/conf/eth0/log_martians: invalid argument")]
    [InlineData("\"sysctl\":{\"net.core.somaxconn\":\"500\",\"net.core.somaxconn\":\"501\"}", "duplicated sysctl keys are not allowed")]
    [InlineData(TuningCall.Sysctls + ",\"mac\":\"zz\"", "invalid args zz for MAC addr: address zz: invalid MAC address")]
    [InlineData(TuningCall.Sysctls + ",\"mac\":\"01:00:00:00:00:01\"", "set address 01:00:00:00:00:01 on eth0: cannot assign requested address")]
    [InlineData(TuningCall.Everything + ",\"mtu\":70000", "set mtu 70000 on eth0: invalid argument")]
    [InlineData(TuningCall.Everything + ",\"mtu\":10", "set mtu 10 on eth0: invalid argument")]
    [InlineData(TuningCall.Sysctls + ",\"mtu\":-1", "invalid MTU -1")]
    [InlineData(TuningCall.Sysctls + ",\"txQLen\":-1", "invalid txQLen -1")]
    [InlineData(TuningCall.Sysctls + ",\"mtu\":1400,\"dataDir\":\"/proc/x/y\"", "failed to create backup directory: mkdir /proc/x: no such file or directory")]
    [InlineData(TuningCall.Sysctls + ",\"mtu\":1400,\"dataDir\":\"/proc/version\"", "failed to create backup directory: mkdir /proc/version: not a directory")]
    [InlineData(TuningCall.Sysctls + ",\"mtu\":1400,\"dataDir\":\"/proc/self\"", "failed to save file eth0.json: open /proc/self/c1_eth0.json: no such file or directory")]
    public void Bad_input_is_one_clear_error_and_changes_nothing(string members, string message)
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        var before = tuning.State();
        var (code, actual, _) = CniCall.Error(tuning.Run("ADD", tuning.Conf(members)));
        Assert.Equal((999, message), (code, actual));
        Assert.Equal(before, tuning.State());
        Assert.Empty(tuning.Files);
    }

    [Fact]
    public void Without_interface_namespace_or_previous_result_nothing_is_changed()
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        var before = tuning.State();
        var conf = tuning.Conf(TuningCall.Everything.Replace("IFNAME", "all", StringComparison.Ordinal));
        Assert.Equal("failed to get \"eth5\": Link not found", CniCall.Error(tuning.Run("ADD", conf, ifName: "eth5")).Message);
        Assert.Equal("failed to Statfs \"/run/netns/gone\": no such file or directory", CniCall.Error(tuning.Run("ADD", conf, pod: "/run/netns/gone")).Message);
        Assert.Matches("^unknown FS magic on \"/etc/passwd\": ", CniCall.Error(tuning.Run("ADD", conf, pod: "/etc/passwd")).Message);
        Assert.Equal("Required prevResult missing", CniCall.Error(tuning.Run("ADD", tuning.Bare(TuningCall.Everything))).Message);
        Assert.Equal(before, tuning.State());
        Assert.Empty(tuning.Files);
    }

    // strace lets one system call after another fail: writes to settings, changes of the backup, requests to the kernel (the first finds the link).
    [Theory]
    [InlineData("write", 2)]
    [InlineData("mkdir", 1)]
    [InlineData("pwrite64", 1)]
    [InlineData("ftruncate", 1)]
    [InlineData("sendto", 7)]
    public void Whichever_step_the_kernel_refuses_all_before_it_are_taken_back(string calls, int steps)
    {
        using var host = new Sandbox();
        Assert.SkipUnless(Tool.Exists("strace"), "there is no strace");
        var tuning = new TuningCall(host);
        var before = tuning.State();
        for (var step = 1; step <= steps; step++)
        {
            var reply = Inject(tuning, calls, step);
            Assert.True(reply.ExitCode == 1, $"step {step}: exit {reply.ExitCode}: {reply.Output}{reply.Error}");
            if (reply.Output.Length > 0) // the answer is the first write of its thread
                Assert.Contains("no space left on device", CniCall.Error(reply).Message, StringComparison.Ordinal);
            Assert.True(before == tuning.State(), $"step {step}: {reply.Output}{reply.Error}\n{tuning.State()}");
            Assert.True(tuning.Files.Length == 0, $"step {step}: {reply.Output}{reply.Error}: {string.Join(' ', tuning.Files)}");
        }

        if (calls == "sendto")
            Assert.Equal(0, Inject(tuning, calls, steps + 1).ExitCode);
    }

    private static ToolResult Inject(TuningCall tuning, string calls, int step) =>
        tuning.RunPrepared("ADD", "", tuning.Conf(Good), $"strace -f -qq -o /dev/null -e trace={calls} -e inject={calls}:error=ENOSPC:when={step}");

    [Fact]
    public void An_ADD_that_fails_behind_another_leaves_the_others_backup_alone()
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        var first = tuning.State();
        tuning.Add("\"mtu\":1400");
        var (state, backup) = (tuning.State(), File.ReadAllText(tuning.BackupOf()));
        Assert.Equal(1, tuning.Run("ADD", tuning.Conf("\"mtu\":70000,\"promisc\":true,\"mac\":\"02:00:00:00:00:01\"")).ExitCode);
        Assert.Equal(state, tuning.State());
        Assert.Equal(backup, File.ReadAllText(tuning.BackupOf()));
        tuning.Del("");
        Assert.Equal(first, tuning.State());
    }

    [Theory]
    [InlineData("ln -s TARGET FILE")]
    [InlineData("ln -s /nowhere FILE")]
    [InlineData("mkfifo FILE")]
    [InlineData("mkdir FILE")]
    public void What_lies_in_the_backups_place_is_neither_followed_nor_waited_for(string plant)
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        var (before, target) = (tuning.State(), Path.Combine(host.Directory, "target"));
        File.WriteAllText(target, "{\"mtu\": 1234}");
        Directory.CreateDirectory(tuning.DataDir);
        Tool.Run("sh", "-c", plant.Replace("TARGET", target, StringComparison.Ordinal).Replace("FILE", tuning.BackupOf(), StringComparison.Ordinal));
        var (code, message, _) = CniCall.Error(tuning.Run("ADD", tuning.Conf(Good)));
        Assert.Equal((999, $"failed to save file eth0.json: {tuning.BackupOf()} is not a regular file"), (code, message));
        tuning.Del(Good);
        tuning.Gc("n1");
        Assert.Equal(before, tuning.State());
        Assert.Equal("{\"mtu\": 1234}", File.ReadAllText(target));
        Assert.Equal(["c1_eth0.json"], tuning.Files);
    }

    [Fact]
    public void A_result_that_the_version_cannot_say_is_taken_back()
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        var before = tuning.State();
        var conf = tuning.Conf("\"mtu\":1400", "0.2.0").Replace("\"ip4\":", "\"x\":", StringComparison.Ordinal);
        Assert.Equal((999, "cannot convert: no valid IP addresses"), (CniCall.Error(tuning.Run("ADD", conf)).Code, CniCall.Error(tuning.Run("ADD", conf)).Message));
        Assert.Equal(before, tuning.State());
        Assert.Empty(tuning.Files);
    }

    [Theory]
    [InlineData("^net\\.core\\.\n\n  ^net.ipv4.conf.IFNAME.log_martians$  \n", null)]
    [InlineData("somaxconn\n", "Sysctl net.ipv4.conf.IFNAME.log_martians is not allowed. Only the following sysctls are allowed: [somaxconn]")]
    [InlineData("^a$\n^b$", "Sysctl net.core.somaxconn is not allowed. Only the following sysctls are allowed: [^a$ ^b$]")]
    [InlineData("", "Sysctl net.core.somaxconn is not allowed. Only the following sysctls are allowed: []")]
    [InlineData("(net", "error parsing regexp: missing closing ): `(net`")]
    public void An_administrators_list_is_kept_to(string list, string? message)
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        var before = tuning.State();
        File.WriteAllText(Path.Combine(host.Directory, "list"), list);
        var preparation = $"mount -t tmpfs t /etc; mkdir -p /etc/cni/tuning; cp {host.Directory}/list /etc/cni/tuning/allowlist.conf";
        var reply = tuning.RunPrepared("ADD", preparation, tuning.Conf(TuningCall.Everything));
        if (message is null)
        {
            Assert.Equal(0, reply.ExitCode);
            Assert.Equal("500", tuning.Sysctl("net.core.somaxconn"));
            return;
        }

        Assert.Equal((999, message), (CniCall.Error(reply).Code, CniCall.Error(reply).Message));
        Assert.Equal(message, CniCall.Error(tuning.RunPrepared("STATUS", preparation, tuning.Bare(TuningCall.Everything, "1.1.0"))).Message);
        Assert.Equal(before, tuning.State());
        Assert.Empty(tuning.Files);
    }
}
