using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>Random ADD, CHECK, DEL and GC of two networks' whole chains, killed at random, against a model of what must exist (scripts/soak.sh for more of it).</summary>
public sealed class SoakTests
{
    [Fact]
    public void After_any_operations_with_any_kills_there_is_what_must_be_and_nothing_else()
    {
        var operations = Report.Setting("CNI_PLUGINS_SOAK", 300);
        var seed = Report.Setting("CNI_PLUGINS_SEED", Environment.TickCount & 0xffffff);
        Report.Line($"seed {seed}");
        using var host = new Sandbox();
        var model = new SoakModel(host, seed);
        for (int done = 0, verified = 0; done < operations;)
        {
            done += model.Step();
            if (done - verified < 25)
                continue;
            model.Verify();
            verified = done;
        }

        model.Finish();
        model.Verify();
        Assert.Empty(Holdings.Of(host));
        Report.Line($"{operations} operations: {model.Counts}; nothing missing, nothing left");
    }
}
