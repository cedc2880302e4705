using System.Diagnostics;
using System.Globalization;
using CniPlugins.Linux;

namespace CniPlugins.Bench;

/// <summary>A directory of plugins under measurement, with state of its own.</summary>
internal sealed record Suite(string Name, string Directory)
{
    /// <summary>Where its host-local keeps its files.</summary>
    public string DataDirectory { get; } = $"/run/bench/{Name}";

    /// <summary>Its bridge.</summary>
    public string Bridge { get; } = $"br{Name[..Math.Min(Name.Length, 10)]}";

    /// <summary>Runs one verb of one plugin; returns the milliseconds from spawn to exit.</summary>
    public double Time(string plugin, string verb, string conf, string id, string netns) => Call(plugin, verb, conf, id, netns).Milliseconds;

    /// <summary>
    /// Runs a verb of a chain as a runtime does: forward with each result handed on for ADD, backward with the last result for DEL. Returns the milliseconds of
    /// all plugins together, and the result.
    /// </summary>
    public (double Milliseconds, string Result) Time(IReadOnlyList<(string Plugin, string Conf)> chain, string verb, string result, string id, string netns)
    {
        var total = 0.0;
        foreach (var (plugin, conf) in verb == "ADD" ? chain : chain.Reverse())
        {
            var whole = result.Length == 0 ? conf : $"{conf[..^1]},\"prevResult\":{result}}}";
            var (milliseconds, output) = Call(plugin, verb, whole, id, netns);
            total += milliseconds;
            if (verb == "ADD")
                result = output;
        }

        return (total, result);
    }

    /// <summary>One call; a failure ends the bench.</summary>
    private (double Milliseconds, string Output) Call(string plugin, string verb, string conf, string id, string netns)
    {
        var input = System.Text.Encoding.UTF8.GetBytes(conf);
        var started = Stopwatch.GetTimestamp();
        var child = ChildProcess.Run($"{Directory}/{plugin}", [], Variables(verb, id, netns), input);
        var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        var output = System.Text.Encoding.UTF8.GetString(child.Output);
        return child.ExitCode == 0
            ? (elapsed, output)
            : throw new InvalidOperationException($"{Name} {plugin} {verb}: {output}{System.Text.Encoding.UTF8.GetString(child.Error)}");
    }

    /// <summary>The largest resident set of one call in KiB, measured by GNU time: a child of ours would report our own.</summary>
    public int PeakMemory(string plugin, string verb, string conf, string id, string netns)
    {
        const string Report = "/run/bench/memory";
        var child = ChildProcess.Run(
            "/usr/bin/time", ["-f", "%M", "-o", Report, $"{Directory}/{plugin}"], Variables(verb, id, netns), System.Text.Encoding.UTF8.GetBytes(conf));
        return child.ExitCode == 0
            ? int.Parse(File.ReadAllText(Report).Trim(), CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"{Name} {plugin} {verb}: {System.Text.Encoding.UTF8.GetString(child.Output)}");
    }

    private IReadOnlyList<string> Variables(string verb, string id, string netns) =>
    [
        $"CNI_COMMAND={verb}", $"CNI_CONTAINERID={id}", $"CNI_NETNS={netns}", "CNI_IFNAME=eth0", $"CNI_PATH={Directory}", $"PATH={Environment.GetEnvironmentVariable("PATH")}",
    ];
}
