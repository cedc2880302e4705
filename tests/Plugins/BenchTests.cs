using System.Xml.Linq;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>scripts/bench.sh measures, and measures the right thing; how fast anything is, it says only when it is run by itself.</summary>
public sealed class BenchTests
{
    [Fact]
    public void A_chain_has_a_row_for_each_verb_in_tables_and_picture()
    {
        using var host = new Sandbox();
        var picture = Path.Combine(host.Directory, "bench.svg");
        var output = Run("--peer", $"debian={CniCall.UpstreamBin}", "--runs", "1", "--only", "ptp", "--svg", picture);
        const string Time = @"\d+\.\d\d / \d+\.\d\d", Ratio = @"\d+\.\d{3}";
        Assert.Matches($@"(?m)^\| VERSION \| {Time} \| {Time} \| {Ratio} \| {Time} \| {Ratio} \|  \|$", output);
        Assert.Matches($@"(?m)^\| ptp: ADD \| {Time} \| {Time} \| {Ratio} \| {Time} \| {Ratio} \| \d+\.\d\d \|$", output);
        Assert.Matches($@"(?m)^\| ptp: DEL (\| \d+\.\d\d \| \d+\.\d \| \d+ \| \d+ ){{3}}\| {Ratio} \| {Ratio} \|$", output);
        Assert.Matches($@"(?m)^\| all plugins \| \d+\.\d\d \| \d+\.\d\d \| {Ratio} \|$", output);
        Assert.Contains("ptp: DEL", XDocument.Load(picture).Root!.Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ptp")]
    [InlineData("bridge + ipMasq + portmap, 2 tcp + bandwidth")]
    public void The_C_program_that_is_the_floor_does_what_our_plugins_do(string chain)
    {
        using var host = new Sandbox();
        Assert.Contains($"{chain}: the floor does what ours does", Run("--check", "--only", chain), StringComparison.Ordinal);
    }

    private static string Run(params string[] options)
    {
        var root = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));
        Assert.Equal(0, Tool.Try("sh", [Path.Combine(root, "tests/Bench/Floor/build.sh"), AppContext.BaseDirectory]).ExitCode);
        var result = Tool.Try(
            "unshare",
            ["-nm", "env", $"BENCH_OUT={AppContext.BaseDirectory}", "sh", Path.Combine(root, "scripts/bench.sh"), "--inside", "--peer", $"ours={CniCall.OurBin}", .. options]);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        return result.Output;
    }
}
