using CniPlugins.Linux;

namespace CniPlugins.Bench;

/// <summary>Command lines of tools that are not measured.</summary>
internal static class Shell
{
    /// <summary>The output; a failure ends the bench.</summary>
    public static string Run(string command)
    {
        var child = ChildProcess.Run("/bin/sh", ["-c", command], [$"PATH={Environment.GetEnvironmentVariable("PATH")}"], []);
        return child.ExitCode == 0
            ? System.Text.Encoding.UTF8.GetString(child.Output)
            : throw new InvalidOperationException($"{command}: {System.Text.Encoding.UTF8.GetString(child.Error)}");
    }
}
