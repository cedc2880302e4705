using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>A sample of what scripts/fuzz.sh does to whole plugins and to their state files, in a sandbox where nothing of the machine can be written.</summary>
public sealed class FuzzedPluginsTests
{
    [Theory]
    [InlineData("plugins", 400)]
    [InlineData("leases", 200)]
    [InlineData("blockfiles", 100)]
    public void Every_answer_is_one_document_and_a_failure_changes_nothing(string target, int inputs)
    {
        using var host = new Sandbox();
        var root = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));
        var result = Tool.Try("unshare", ["-nm", "env", $"FUZZ_OUT={AppContext.BaseDirectory}", "sh", Path.Combine(root, "scripts/fuzz.sh"), "--inside", "--target", target, "--inputs", $"{inputs}"]);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Contains($"{inputs} inputs", result.Output, StringComparison.Ordinal);
        Assert.EndsWith("0 violations\n", result.Output, StringComparison.Ordinal);
    }
}
