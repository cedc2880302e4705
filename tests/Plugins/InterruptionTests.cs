using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>A runtime's time-out kills a plugin wherever it happens to be.</summary>
public sealed class InterruptionTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Whenever_ADD_is_killed_DEL_takes_away_what_it_made(bool podLives)
    {
        using var host = new Sandbox();
        host.AddBridge();
        var cni = new CniCall(host);
        var conf = Conf.Bridge(Conf.DualStack(host));
        File.WriteAllText(Path.Combine(host.Directory, "conf"), conf);
        var before = Snapshot.Of(host);
        for (var step = 1; step <= 20; step++)
        {
            var pod = host.AddPod();
            var script = $"timeout -s KILL 0.{step:d3}5 {CniCall.OurBin}/bridge <{host.Directory}/conf";
            cni.Execute(["/bin/sh", "-c", script], [], cni.VariablesFor("ADD", "c1", pod));
            if (!podLives)
                host.RemovePod(pod);
            cni.Del(conf, "c1", pod);
            // The kernel takes a namespace apart in the background, and a veth that ADD had no time to sign goes with it.
            Assert.True(SpinWait.SpinUntil(() => Snapshot.Of(host) == before, TimeSpan.FromSeconds(20)), Snapshot.Of(host));
            if (podLives)
            {
                cni.Add(conf, "c1", pod); // the retry finds nothing in its way
                cni.Del(conf, "c1", pod);
            }
        }
    }
}
