using System.Threading.Tasks;
using CniPlugins.Attachment;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>A plugin is killed, and the iptables-restore that it was waiting for is not.</summary>
public sealed class OrphanTests
{
    private const string Addresses = """[{"address":"10.1.0.2/24","interface":0}]""";
    private const string Previous = $$""" "prevResult":{"cniVersion":"1.0.0","interfaces":[{"name":"eth0","sandbox":"/run/netns/pod"}],"ips":{{Addresses}} } }""";
    private const string Portmap = $$"""{"cniVersion":"1.0.0","name":"net1","type":"portmap","backend":"iptables","runtimeConfig":{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]},{{Previous}}""";
    private const string Firewall = $$"""{"cniVersion":"1.0.0","name":"net1","type":"firewall","backend":"iptables",{{Previous}}""";

    [Theory]
    [InlineData("portmap", false)]
    [InlineData("portmap", true)]
    [InlineData("bridge", false)]
    [InlineData("ptp", false)]
    [InlineData("firewall", false)]
    public async Task DEL_waits_for_the_program_of_an_ADD_that_was_killed(string type, bool legacy)
    {
        using var host = new IptablesHost(legacy);
        var (pod, call, conf) = (host.Host.AddPod(), host.Call(), Configure(host.Host, type));
        host.Host.AddBridge();
        host.Host.Ip("addr add 10.1.0.1/24 dev br0");

        // It has all of its input when it says that it runs, and takes its time.
        var (directory, slow, file) = (host.Host.Directory, Path.Combine(host.Host.Directory, "slow"), Path.Combine(host.Host.Directory, "conf"));
        await File.WriteAllTextAsync(file, conf);
        Directory.CreateDirectory(slow);
        await File.WriteAllTextAsync(Path.Combine(slow, "iptables-restore"), $$"""
            #!/bin/sh
            input=$(cat)
            touch {{directory}}/runs
            sleep 1
            export PATH=${PATH#*:}
            printf '%s\n' "$input" | iptables-restore "$@"
            echo $? >{{directory}}/ended
            """);
        File.SetUnixFileMode(Path.Combine(slow, "iptables-restore"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var variables = call.VariablesFor("ADD", "c1", pod);
        variables["PATH"] = $"{slow}:{host.SearchPath}";
        var add = Task.Run(() => call.Execute(["sh", "-c", $"echo $$ >{directory}/pid; exec {CniCall.OurBin}/{type} <{file}"], [], variables));
        Assert.True(SpinWait.SpinUntil(() => add.IsCompleted || File.Exists($"{directory}/runs"), TimeSpan.FromSeconds(20)), "ADD does not come to iptables-restore");
        Tool.Run("kill", "-KILL", (await File.ReadAllTextAsync($"{directory}/pid")).Trim());
        Assert.Equal("", (await add).Output);

        call.Del(conf, "c1", pod);
        Assert.True(SpinWait.SpinUntil(() => File.Exists($"{directory}/ended"), TimeSpan.FromSeconds(20)), "iptables-restore does not end");
        Assert.Equal("0\n", await File.ReadAllTextAsync($"{directory}/ended"));
        var tables = legacy ? "iptables-legacy-save" : "iptables-save";
        Assert.DoesNotContain(host.Host.InHost(tables).Split('\n'), line => line.Contains("\"c1\"", StringComparison.Ordinal) || line.Contains("10.1.0.2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_that_does_not_end_is_not_waited_for_without_end()
    {
        using var host = new IptablesHost(legacy: false);
        var (pod, call) = (host.Host.AddPod(), host.Call());
        host.Host.AddBridge();
        host.Host.Ip("addr add 10.1.0.1/24 dev br0");

        // What other tests start meanwhile inherits it, so it may outlive this one; nobody else has a container of that name.
        using var held = AttachmentLock.Take("net1", "orphaned");
        call.Add(Portmap, "other", pod);
        call.Del(Portmap, "other", pod);
        foreach (var reply in await Task.WhenAll(new[] { "ADD", "DEL" }.Select(verb => Task.Run(() => call.Run(verb, Portmap, "orphaned", pod)))))
        {
            var (code, message, _) = CniCall.Error(reply);
            Assert.Equal(11, code);
            Assert.Contains("iptables.lock is held by another process", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("portmap")]
    [InlineData("bridge")]
    [InlineData("ptp")]
    [InlineData("firewall")]
    public void Who_never_had_the_programs_has_no_lock_either(string type)
    {
        using var host = new IptablesHost(legacy: false);
        Assert.SkipUnless(Tool.Exists("strace"), "there is no strace");
        var (pod, call) = (host.Host.AddPod(), host.Call());
        host.Host.AddBridge();
        host.Host.Ip("addr add 10.1.0.1/24 dev br0");
        var conf = Configure(host.Host, type).Replace("iptables", "nftables", StringComparison.Ordinal);
        var (trace, state) = (Path.Combine(host.Host.Directory, "trace"), Path.Combine(host.Host.Directory, "state"));
        Directory.CreateDirectory(state);
        var script = $"mkdir -p /run/cni && mount --bind {state} /run/cni && exec strace -f -qq -e trace=openat,fcntl -e signal=none -o {trace} {CniCall.OurBin}/{type}";
        foreach (var verb in new[] { "ADD", "DEL" })
        {
            var reply = call.Execute(["unshare", "-m", "sh", "-c", script], System.Text.Encoding.UTF8.GetBytes(conf), call.VariablesFor(verb, "c1", pod));
            Assert.True(reply.ExitCode == 0, reply.Output + reply.Error);
            var calls = File.ReadAllLines(trace).Where(line => line.Contains("iptables.lock", StringComparison.Ordinal)).ToList();
            Assert.True(verb == "ADD" ? calls.Count == 0 : calls is [var only] && only.EndsWith("ENOENT (No such file or directory)", StringComparison.Ordinal), string.Join('\n', calls));
            Assert.Empty(Directory.GetFiles(state));
        }
    }

    private static string Configure(Sandbox host, string type)
    {
        var masquerade = $"\"ipMasq\":true,\"ipMasqBackend\":\"iptables\",{Conf.HostLocal(host, "[]", "10.1.0.0/24")}";
        return type switch
        {
            "portmap" => Portmap,
            "firewall" => Firewall,
            "ptp" => Conf.Ptp(masquerade),
            "bridge" => Conf.Bridge($"\"isGateway\":true,{masquerade}"),
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
        };
    }
}
