using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>ADD takes back what it has made when the kernel says no, without the help of a DEL.</summary>
public sealed class RefusedAddTests
{
    [Theory]
    [InlineData("bridge")]
    [InlineData("ptp")]
    public void Each_request_to_the_kernel_that_is_refused_once_leaves_nothing(string type)
    {
        using var host = new Sandbox();
        Assert.SkipUnless(Tool.Exists("strace"), "there is no strace");
        var (pod, log, file) = (host.AddPod(), Path.Combine(host.Directory, "strace"), Path.Combine(host.Directory, "conf"));
        var cni = new CniCall(host);
        var masquerade = $"\"ipMasq\":true,{Conf.DualStack(host)}";
        var conf = type == "ptp" ? Conf.Ptp(masquerade) : Conf.Bridge($"\"isGateway\":true,\"macspoofchk\":true,{masquerade}");
        File.WriteAllText(file, conf);
        host.AddBridge();
        cni.Add(conf, "c1", pod); // what is shared stays from here on
        cni.Del(conf, "c1", pod);
        var before = State();
        for (var step = 1; ; step++)
        {
            var script = $"exec strace -f -qq -o {log} -e trace=sendto -e inject=sendto:error=ENOBUFS:when={step} {CniCall.OurBin}/{type} <{file}";
            var reply = cni.Execute(["/bin/sh", "-c", script], [], cni.VariablesFor("ADD", "c1", pod));
            if (!File.ReadAllText(log).Contains("(INJECTED)", StringComparison.Ordinal))
            {
                Assert.True(reply.ExitCode == 0 && step > 12, $"only {step - 1} requests: {reply.Output}");
                return;
            }

            if (reply.ExitCode == 0)
                cni.Del(conf, "c1", pod); // it could do without
            else
                Assert.Contains("no buffer space available", CniCall.Error(reply).Message, StringComparison.Ordinal);
            var after = State();
            var more = string.Join('\n', [.. after.Except(before).Select(line => $"+ {line}"), .. before.Except(after).Select(line => $"- {line}")]);
            Assert.True(more.Length == 0, $"{step}: {reply.Output}\n{more}");
        }

        string[] State() => $"{Snapshot.Of(host, pod)}\n{MasqueradeTests.Ruleset(host)}".Split('\n');
    }
}
