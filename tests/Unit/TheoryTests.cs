using System.Text.RegularExpressions;

namespace CniPlugins.Tests.Unit;

/// <summary>The tests themselves: what is told by a word knows the word.</summary>
public sealed partial class TheoryTests
{
    [Fact]
    public void A_test_that_is_told_a_word_which_it_does_not_know_fails()
    {
        var tests = Path.Combine(ArchitectureTests.Root, "tests");
        var wrong = Directory.EnumerateFiles(tests, "*Tests.cs", SearchOption.AllDirectories)
            .SelectMany(path => Choices().Matches(File.ReadAllText(path))
                .Where(choice => !choice.Value.Contains($"default:\n                Assert.Fail({choice.Groups[1].Value});", StringComparison.Ordinal))
                .Select(choice => $"{path}: switch ({choice.Groups[1].Value}) passes over what it does not know"))
            .ToList();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    /// <summary>A switch over a parameter, to its end.</summary>
    [GeneratedRegex(@"^        switch \((\w+)\)\n        \{\n.*?^        \}$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Choices();
}
