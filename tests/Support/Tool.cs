using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace CniPlugins.Tests.Support;

/// <summary>A program that somebody else wrote (ip, bridge, nft, ping …): our judge.</summary>
internal static class Tool
{
    /// <summary>Runs a program; fails the test with its stderr when it fails.</summary>
    public static string Run(string program, params string[] arguments)
    {
        var result = Try(program, arguments);
        Assert.True(result.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: exit {result.ExitCode}\n{result.Output}{result.Error}");
        return result.Output;
    }

    /// <summary>Runs a program and returns whatever it did.</summary>
    public static ToolResult Try(string program, params string[] arguments) => Try(program, arguments, input: null, environment: null);

    /// <summary>Runs a program with a standard input and, when given, exactly this environment; for two minutes at most, unless another limit is given.</summary>
    public static ToolResult Try(
        string program, IEnumerable<string> arguments, byte[]? input, IReadOnlyDictionary<string, string>? environment, TimeSpan? limit = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        if (environment is not null)
        {
            start.Environment.Clear();
            foreach (var (name, value) in environment)
                start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        try
        {
            process.StandardInput.BaseStream.Write(input ?? []);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It did not want (all of) its input.
        }

        Assert.True(process.WaitForExit(limit ?? TimeSpan.FromMinutes(2)), $"{program} does not end");
        return new ToolResult(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    /// <summary>Whether a program is on the PATH.</summary>
    public static bool Exists(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(directory => File.Exists(Path.Combine(directory, program)));

    /// <summary>Runs a program that prints JSON (ip -j, nft -j) and parses it.</summary>
    public static JsonElement Json(string program, params string[] arguments)
    {
        var text = Run(program, arguments);
        return JsonDocument.Parse(string.IsNullOrWhiteSpace(text) ? "[]" : text).RootElement;
    }
}

internal sealed record ToolResult(int ExitCode, string Output, string Error);
