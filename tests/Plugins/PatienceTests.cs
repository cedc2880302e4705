using System.Threading.Tasks;
using CniPlugins.Linux;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>Who is told to stop, and who waits: a clean-up is finished, a wait has an end.</summary>
public sealed class PatienceTests
{
    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    [InlineData("HUP")]
    public async Task DEL_finishes_although_its_process_group_is_told_to_stop_while_an_address_plugin_of_others_runs(string signal)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var ipam = new FakeIpam(host, FakeIpam.OneAddress());
        var cni = new CniCall(host) { CniPath = ipam.CniPath };
        var conf = Conf.Bridge($"\"ipMasq\":true,\"isGateway\":true,{FakeIpam.Conf}");
        cni.Add(conf, "c0", pod);
        cni.Del(conf, "c0", pod);
        var before = Snapshot.Of(host, pod);
        cni.Add(conf, "c1", pod);

        // A group of its own, as a runtime's or a shell's; the address plugin waits in the middle of DEL.
        var (started, go, file) = (Path.Combine(host.Directory, "started"), Path.Combine(host.Directory, "go"), Path.Combine(host.Directory, "conf"));
        ipam.InsertBeforeAnswer($"[ $CNI_COMMAND = ADD ] || {{ touch {started}; while [ ! -e {go} ]; do sleep 0.01; done; }}");
        await File.WriteAllTextAsync(file, conf);
        var script = $"echo $$ >{started}.pid; exec {CniCall.OurBin}/bridge <{file}";
        var del = Task.Run(() => cni.Execute(["setsid", "--wait", "sh", "-c", script], [], cni.VariablesFor("DEL", "c1", pod)));
        Assert.True(SpinWait.SpinUntil(() => File.Exists(started), TimeSpan.FromSeconds(20)), "DEL does not come to its address plugin");
        Tool.Run("kill", $"-{signal}", "--", $"-{(await File.ReadAllTextAsync($"{started}.pid")).Trim()}");
        await File.WriteAllTextAsync(go, "");
        var reply = await del;
        Assert.Equal((0, ""), (reply.ExitCode, reply.Output));
        Assert.Equal(["ADD", "DEL", "ADD", "DEL"], ipam.Calls);
        Assert.Equal(before, Snapshot.Of(host, pod));
    }

    [Fact]
    public async Task A_lock_that_another_process_keeps_ends_every_verb_with_the_code_for_trying_again()
    {
        using var host = new Sandbox();
        var cni = new CniCall(host);
        var (here, other) = (host.AddPod(), host.AddPod());
        cni.Add(Conf.Typical(host), "c1", here);
        using (FileLock.Take(Path.Combine(Conf.LeaseDirectory(host), "net1", "lock"), 0x1e8, TimeSpan.FromSeconds(5)))
        {
            var replies = await Task.WhenAll(
                Task.Run(() => cni.Run("ADD", Conf.Typical(host), "c2", other)),
                Task.Run(() => cni.Run("DEL", Conf.Typical(host), "c1", here)),
                Task.Run(() => cni.Run("GC", Conf.Typical(host, "1.1.0")[..^1] + ",\"cni.dev/valid-attachments\":[]}", "", "", "")));
            foreach (var reply in replies)
            {
                var (code, message, _) = CniCall.Error(reply);
                Assert.Equal(11, code);
                Assert.Contains("lock is held by another process", message, StringComparison.Ordinal);
            }
        }

        cni.Del(Conf.Typical(host), "c1", here);
        Assert.Empty(Conf.Leases(host));
    }

    [Fact]
    public void A_program_that_does_not_end_is_killed()
    {
        var failure = Assert.Throws<TimeoutException>(() => ChildProcess.Run("/bin/sleep", ["1000"], [], [], TimeSpan.FromMilliseconds(100)));
        Assert.Equal("/bin/sleep has not ended within 0.1 s and was killed", failure.Message);
        Assert.Throws<TimeoutException>(() => ChildProcess.Run("/bin/sh", ["-c", "exec <&- >&- 2>&-; exec sleep 1000"], [], [], TimeSpan.FromMilliseconds(100)));
    }
}
