using System.Diagnostics;

namespace CniPlugins.Tests.Support;

/// <summary>A program that runs on a test's host until it is told to end.</summary>
/// <remarks>A shell holds it and kills it when our end of its standard input is gone, so that a test run that is killed leaves none behind.</remarks>
internal sealed class Background : IDisposable
{
    private const string Keeper = "\"$@\" >>\"$LOG\" 2>&1 </dev/null & echo $!; read -r _; kill -9 $! 2>/dev/null; wait $!";

    private readonly Process _keeper;
    private bool _isOver;

    public Background(Sandbox host, string log, string[] command, IReadOnlyDictionary<string, string>? environment = null)
    {
        LogFile = log;
        var start = new ProcessStartInfo("nsenter", [$"--net={host.HostPath}", "sh", "-c", Keeper, "sh", .. command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["LOG"] = log;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        _keeper = Process.Start(start)!;
        Pid = int.Parse(_keeper.StandardOutput.ReadLine()!);
    }

    public int Pid { get; }

    public string LogFile { get; }

    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    /// <summary>A figure of /proc/PID/status, in kB.</summary>
    public int Memory(string name) => int.Parse(File.ReadLines($"/proc/{Pid}/status")
        .Single(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1]);

    public int Threads => Directory.GetDirectories($"/proc/{Pid}/task").Length;

    /// <summary>kill -TERM, and waits for the end.</summary>
    public void Stop()
    {
        Tool.Run("kill", "-TERM", $"{Pid}");
        Eventually.Is(() => !IsRunning, () => $"{Pid} does not end: {Log}");
    }

    /// <summary>kill -9.</summary>
    public void Dispose()
    {
        if (_isOver)
            return;
        _isOver = true;
        _keeper.StandardInput.Close();
        _keeper.WaitForExit();
        _keeper.Dispose();
    }

    // A zombie of the shell's has no memory any more.
    private bool IsRunning => File.Exists($"/proc/{Pid}/status") && File.ReadAllText($"/proc/{Pid}/status").Contains("VmRSS", StringComparison.Ordinal);
}
