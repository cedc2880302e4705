using System.Diagnostics;
using System.Text;
using System.Text.Json;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Calico;

/// <summary>kill -9 of the published executable in the middle of ADD and DEL: whatever it leaves, the check finds, and no address is given twice.</summary>
/// <remarks>CNI_PLUGINS_KILLS is how many calls are killed; 500 take some minutes.</remarks>
public sealed class CalicoKillTests
{
    private static readonly int Kills = int.TryParse(Environment.GetEnvironmentVariable("CNI_PLUGINS_KILLS"), out var kills) ? kills : 40;

    [Theory]
    [InlineData("local")]
    [InlineData("etcdv3")]
    public void However_calls_are_killed_the_check_finds_every_leak_and_no_address_is_held_twice(string datastore)
    {
        Assert.SkipUnless(File.Exists(Path.Combine(CniCall.OurBin, "calico-ipam")), "no calico-ipam: run scripts/build.sh");
        using var lab = new CalicoLab(datastore) { Ipam = """ "pools":[{"name":"a","cidr":"10.1.0.0/20","blockSize":28}] """ };
        var span = Warm(lab);
        var random = new Random(7);
        var living = new Dictionary<string, string>();
        for (var i = 0; i < Kills; i++)
        {
            if (Run(lab, "ADD", $"c{i}", span * random.NextDouble() * 1.1) is { } address)
                living[$"c{i}"] = address;
            if (i % 3 == 2 && living.Keys.FirstOrDefault() is { } old)
            {
                Run(lab, "DEL", old, span * random.NextDouble() * 1.1); // the runtime will say DEL again; until then nobody uses the address
                living.Remove(old);
            }
        }

        Assert.Equal(living.Count, living.Values.Distinct().Count());
        Directory.CreateDirectory(Path.Combine(lab.CacheDirectory, "results"));
        foreach (var (container, address) in living)
            lab.Remember(container, address);
        var held = lab.Held.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).ToList();
        Assert.Equal(held.Count, held.DistinctBy(pair => pair[0]).Count());
        var expected = held.Where(pair => !living.ContainsKey(pair[1][2..])).Select(pair => pair[0]).Order().ToList();

        var report = $"{lab.Directory}/report.json";
        lab.Tool("ipam", "check", "n", "--grace", "0", "-o", report);
        var problems = JsonDocument.Parse(File.ReadAllText(report)).RootElement.GetProperty("networks")[0].GetProperty("problems").EnumerateArray().ToList();
        Assert.Equal(expected, problems.Where(problem => problem.GetProperty("kind").GetString() == "leaked address").Select(problem => problem.GetProperty("subject").GetString()!).Order());
        Assert.DoesNotContain(problems, problem => problem.GetProperty("kind").GetString() is "held twice" or "in use, not reserved" or "unreadable" or "overlapping blocks" or "under count" or "address without handle");
        Assert.True(Kills < 40 || expected.Count > 0, "nothing was killed in the middle");

        Assert.Equal(0, lab.Tool("ipam", "release", "n", "--from-report", report, "--yes").ExitCode);
        Assert.Equal(living.Values.Order(), lab.Held.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')[0]).Order());
        lab.Add("next"); // takes up a claim that was left half-way
        lab.Remember("next", lab.Held.Split(' ').Single(pair => pair.EndsWith("=n.next", StringComparison.Ordinal)).Split('=')[0]);
        var (exitCode, output, _) = lab.Tool("ipam", "check", "n", "--grace", "0");
        Assert.True(exitCode == 0, output);
    }

    /// <summary>How long a call takes here, in ms: the kills are spread over that.</summary>
    private static double Warm(CalicoLab lab)
    {
        var times = new List<double>();
        for (var i = 0; i < 3; i++)
        {
            var started = Stopwatch.GetTimestamp();
            Run(lab, "ADD", "warm", 60_000);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        Run(lab, "DEL", "warm", 60_000);
        return times.Min();
    }

    /// <summary>One call that is killed after so many ms unless it was faster; the address of an ADD that answered.</summary>
    private static string? Run(CalicoLab lab, string verb, string container, double killAfter)
    {
        var start = new ProcessStartInfo(Path.Combine(CniCall.OurBin, "calico-ipam")) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        foreach (var (name, value) in new[]
        {
            ("CNI_COMMAND", verb), ("CNI_CONTAINERID", container), ("CNI_IFNAME", "eth0"), ("CNI_NETNS", "/run/netns/none-such"), ("CNI_PATH", CniCall.OurBin),
        })
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.BaseStream.Write(Encoding.UTF8.GetBytes(lab.Config));
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMilliseconds(killAfter)))
            process.Kill();
        process.WaitForExit();
        var answer = output.GetAwaiter().GetResult();
        Assert.True(process.ExitCode is 0 or 137, answer + errors.GetAwaiter().GetResult());
        return process.ExitCode == 0 && verb == "ADD" ? JsonDocument.Parse(answer).RootElement.GetProperty("ips")[0].GetProperty("address").GetString()!.Split('/')[0] : null;
    }
}
