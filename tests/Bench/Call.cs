using System.Globalization;
using System.Text;
using CniPlugins.Linux;

namespace CniPlugins.Bench;

/// <summary>One execution of a program in a host's namespace. Whatever it does not end well with is an exception.</summary>
internal sealed record Call(Netns Host, string Program, IReadOnlyList<string> Arguments, IReadOnlyList<string> Environment, string Input)
{
    /// <summary>Runs it; returns its output.</summary>
    public string Run() => Run(Program, Arguments).Output;

    /// <summary>Runs it by Floor/meter.c; returns its output and what it took.</summary>
    public (string Output, Sample Sample) Measure()
    {
        var (output, error) = Run(Path.Combine(AppContext.BaseDirectory, "meter"), [Program, .. Arguments]);
        var figures = error.TrimEnd('\n').Split('\n')[^1].Split(' ').Select(word => long.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        return (output, new Sample(figures[0] / 1e6, figures[1] / 1e3, (int)figures[2]));
    }

    /// <summary>Runs it by strace, which takes far longer; returns its output and how often it and its children asked the kernel for something.</summary>
    public (string Output, Effort Effort) Trace()
    {
        var report = $"/run/bench/strace.{System.Environment.CurrentManagedThreadId}";
        var (output, _) = Run("/usr/bin/strace", ["-f", "-qq", "-c", "-U", "calls,errors,name", "-o", report, Program, .. Arguments]);
        return (output, Effort.Read(File.ReadLines(report)));
    }

    private (string Output, string Error) Run(string program, IReadOnlyList<string> arguments)
    {
        var child = Host.Run(() => ChildProcess.Run(program, arguments, Environment, Encoding.UTF8.GetBytes(Input)));
        var (output, error) = (Encoding.UTF8.GetString(child.Output), Encoding.UTF8.GetString(child.Error));
        return child.ExitCode == 0
            ? (output, error)
            : throw new CallException($"{Program} {string.Join(' ', Arguments)} ended with {child.ExitCode}: {output}{error}".Trim());
    }
}
