using CniPlugins.Ipam.Blocks.Selectors;

namespace CniPlugins.Tests.Unit;

/// <summary>Calico's selector language; labels are written <c>a:b c:d</c>.</summary>
public sealed class BlocksSelectorTests
{
    [Theory]
    [InlineData("a == \"b\"", "a:b|a:b c:d", "|a:c|c:d")]
    [InlineData("a == \"b\" && c == \"d\"", "a:b c:d", "|a:b c:e|a:b")]
    [InlineData("a == \"b\" || c == \"d\"", "a:b|c:d|a:b c:d", "|a:e c:e")]
    [InlineData("a in {\"'\", '\"', \"c\"}", "a:c|a:\"|a:'", "|a:e")]
    [InlineData("a not in {\"'\", '\"', \"c\"}", "|a:e", "a:c")]
    [InlineData("a notin {\"c\"}", "|a:e", "a:c")]
    [InlineData("a != \"a\"", "|a:b", "a:a")]
    [InlineData("a contains \"a\"", "a:bab", "|a:b|b:aaa")]
    [InlineData("a starts with \"a\"", "a:abb", "a:baa|")]
    [InlineData("a startswith \"a\"", "a:abb", "a:baa|")]
    [InlineData("a ends with \"a\"", "a:bba", "a:aab|")]
    [InlineData("a endswith \"a\"", "a:bba", "a:aab|")]
    [InlineData("!a in {\"a\"}", "a:b", "a:a")]
    [InlineData("", "|a:b", null)]
    [InlineData(" ", "|a:b", null)]
    [InlineData("all()", "|a:b", null)]
    [InlineData(" all()", "|a:b", null)]
    [InlineData("global()", "|a:b", null)]
    [InlineData("!has(a)", "b:b", "a:b")]
    [InlineData("!!!has(a)", "b:b", "a:b")]
    [InlineData("!! ! has(a)", "b:b", "a:b")]
    [InlineData("!!has(b)", "b:x", "a:b")]
    [InlineData("!(!has(a) || has(b))", "a:a", "b:b|")]
    [InlineData("! a == 'a1' || ! b == 'b1'", "a:a1 b:x", "a:a1 b:b1")]
    [InlineData("in in {'x',}", "in:x", "in:y|")]
    [InlineData("a in {}", null, "a:x|")]
    [InlineData("contains contains 'x'", "contains:axb", "contains:b")]
    [InlineData("kubernetes.io/os == \"linux\"", "kubernetes.io/os:linux", "os:linux")]
    public void A_selector_matches_what_it_says(string text, string? matching, string? other)
    {
        var selector = Selector.Parse(text);
        Assert.All(Split(matching), labels => Assert.True(selector.Matches(Labels(labels)), $"{text} should match {labels}"));
        Assert.All(Split(other), labels => Assert.False(selector.Matches(Labels(labels)), $"{text} should not match {labels}"));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a ==")]
    [InlineData("a == b")]
    [InlineData("a == \"b")]
    [InlineData("a in {\"b\"")]
    [InlineData("(all()")]
    [InlineData("all() all()")]
    [InlineData("has()")]
    [InlineData("some(a)")]
    [InlineData("&& all()")]
    [InlineData("a in {'x',,}")]
    [InlineData("!")]
    [InlineData("a\n== 'b'")]
    public void What_is_no_selector_is_refused_with_its_place(string text) =>
        Assert.Contains("character", Assert.Throws<FormatException>(() => Selector.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Endless_nesting_is_refused() => Assert.Throws<FormatException>(() => Selector.Parse(new string('(', 100_000)));

    private static string[] Split(string? cases) => cases?.Split('|') ?? [];

    private static Dictionary<string, string> Labels(string text) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(':', 2)).ToDictionary(l => l[0], l => l[1]);
}
