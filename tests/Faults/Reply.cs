using System.Text;
using System.Text.Json;
using CniPlugins.Linux;

namespace CniPlugins.Tests.Faults;

/// <summary>What a plugin answered.</summary>
internal sealed record Reply(int ExitCode, string Output, string Error, TimeSpan Elapsed)
{
    private const int Killed = 128 + 9;

    public static Reply Of(ChildProcess child, TimeSpan elapsed) =>
        new(child.ExitCode, Encoding.UTF8.GetString(child.Output), Encoding.UTF8.GetString(child.Error), elapsed);

    public bool IsSuccess => ExitCode == 0;

    public bool WasKilled => ExitCode == Killed;

    /// <summary>What is wrong with the form of the answer to a verb; null when it is what the protocol wants.</summary>
    public string? Problem(string verb, Fault fault)
    {
        if (Elapsed > Bench.Patience)
            return $"did not end within {Bench.Patience.TotalSeconds} s";
        if (WasKilled && (fault.IsKill || !fault.Site.IsOwn))
            return Output.Length == 0 || IsDocument("cniVersion") ? null : "half an answer";
        if (fault.Site.IsAnswer && Output.Length == 0 && ExitCode == 1)
            return null; // it could tell nobody
        return ExitCode switch
        {
            0 when verb == "ADD" => IsDocument("cniVersion") ? null : "no result",
            0 => Output.Length == 0 ? null : "an answer where none is expected",
            1 => IsDocument("code", "msg") ? null : "no error document",
            _ => $"exit code {ExitCode}",
        };
    }

    private bool IsDocument(params string[] members)
    {
        try
        {
            using var document = JsonDocument.Parse(Output);
            return document.RootElement.ValueKind == JsonValueKind.Object && members.All(member => document.RootElement.TryGetProperty(member, out _));
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
