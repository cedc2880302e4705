using System.Globalization;
using CniPlugins.Fuzz;
using CniPlugins.Fuzz.Targets;

namespace CniPlugins.Tests.Unit;

/// <summary>A sample of scripts/fuzz.sh, which runs for as long as one likes. CNI_PLUGINS_FUZZ_SEED makes other inputs.</summary>
public sealed class FuzzTests
{
    private const int InputsPerShare = 100;

    private static readonly int Seed = int.TryParse(Environment.GetEnvironmentVariable("CNI_PLUGINS_FUZZ_SEED"), CultureInfo.InvariantCulture, out var seed) ? seed : 1;

    public static TheoryData<string> Readers => [.. AllTargets.List.Where(target => !target.NeedsSandbox).Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Readers))]
    public void Whatever_others_wrote_is_read_or_refused(string name)
    {
        using var watchdog = new Watchdog(Path.GetTempPath());
        var target = AllTargets.List.Single(target => target.Name == name);
        var campaign = new Campaign(target, Seed, watchdog);
        campaign.Run(target.Share * InputsPerShare, TimeSpan.MaxValue);
        Assert.True(campaign.Tally.Violations.Count == 0, $"seed {Seed}: {string.Join('\n', campaign.Tally.Violations.Select(found => $"{found.Key}: {Convert.ToBase64String(found.Value)}"))}");
        Assert.Equal(target.Share * InputsPerShare, campaign.Tally.Inputs);
    }

    /// <summary>Halves of surrogate pairs and bytes that are no UTF-8 become U+FFFD where they stand; whole pairs and escaped backslashes stay.</summary>
    [Theory]
    [InlineData("""{"a":"\ud800"}""", """{"a":"\ufffd"}""")]
    [InlineData("""{"a":"\uDC00\ud83d\ude00\ud83d"}""", """{"a":"\ufffd\ud83d\ude00\ufffd"}""")]
    [InlineData("""{"a":"\\ud800"}""", """{"a":"\\ud800"}""")]
    [InlineData("""{"a":"\\\ud800\u0041"}""", """{"a":"\\\ufffd\u0041"}""")]
    [InlineData("\"\\ud8", "\"\\ud8")]
    public void Halves_of_pairs_are_mended(string json, string mended) =>
        Assert.Equal(mended, System.Text.Encoding.UTF8.GetString(Cni.JsonUnicode.Mend(System.Text.Encoding.UTF8.GetBytes(json)).Span));
}
