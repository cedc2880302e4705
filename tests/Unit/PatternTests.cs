using System.Text.RegularExpressions;
using CniPlugins.Cni;
using CniPlugins.Tuning;

namespace CniPlugins.Tests.Unit;

/// <summary>The regular expressions of tuning's allow-list mean what they mean to Go.</summary>
public sealed class PatternTests
{
    [Theory]
    [InlineData("", "", true)]
    [InlineData("", "anything", true)]
    [InlineData("net", "the net is here", true)]
    [InlineData("^net", "the net", false)]
    [InlineData(@"^net\.core\.somaxconn$", "net.core.somaxconn", true)]
    [InlineData(@"^net\.core\.somaxconn$", "net.core.somaxconn2", false)]
    [InlineData(@"^net\.core\.somaxconn$", "netXcore.somaxconn", false)]
    [InlineData("^net.core.somaxconn$", "netXcore.somaxconn", true)]
    [InlineData("^a$", "a\n", false)] // .NET says yes
    [InlineData("(?m)^a$", "b\na\nb", true)]
    [InlineData("a.b", "a\nb", false)]
    [InlineData("(?s)a.b", "a\nb", true)]
    [InlineData(@"^net\.ipv4\.conf\.(IFNAME|all)\.(log_martians|arp_\w+)$", "net.ipv4.conf.IFNAME.arp_notify", true)]
    [InlineData(@"^net\.ipv4\.conf\.(IFNAME|all)\.(log_martians|arp_\w+)$", "net.ipv4.conf.eth0.arp_notify", false)]
    [InlineData("^a*$", "aaaa", true)]
    [InlineData("^a+?$", "", false)]
    [InlineData("^a{2,3}$", "a", false)]
    [InlineData("^a{2,3}$", "aaa", true)]
    [InlineData("^a{2,3}$", "aaaa", false)]
    [InlineData("^a{2,}$", "aaaaaa", true)]
    [InlineData("^a{2}$", "aaa", false)]
    [InlineData("^a{0}b$", "b", true)]
    [InlineData("a{,2}", "a{,2}", true)] // braces that count nothing are themselves
    [InlineData("^[a-c]+$", "abcabc", true)]
    [InlineData("^[^a-c]+$", "xyz\n", true)]
    [InlineData("^[]a]+$", "]a]", true)]
    [InlineData("^[a-]+$", "a-a", true)]
    [InlineData(@"^[\d_]+$", "12_3", true)]
    [InlineData(@"^\d$", "\u0663", false)] // an Arabic three: .NET says yes
    [InlineData(@"^[^\D]+$", "12", true)]
    [InlineData("^[[:alpha:][:digit:]]+$", "a1", true)]
    [InlineData("^[[:^alpha:]]+$", "a", false)]
    [InlineData(@"\bcore\b", "net.core.x", true)]
    [InlineData(@"\bcore\b", "net.cores", false)]
    [InlineData(@"\Bore", "core", true)]
    [InlineData(@"\Qa.b*\Ec", "a.b*c", true)]
    [InlineData(@"\Qa.b", "axb", false)]
    [InlineData("(?i)NET", "net", true)]
    [InlineData("a(?i)b|c", "aB", true)]
    [InlineData("a(?i:b)c", "aBC", false)]
    [InlineData("(?P<name>a)(?:b)", "ab", true)]
    [InlineData(@"^\x41\x{1F600}\101$", "A\U0001F600A", true)]
    [InlineData("^(a|b|)c$", "c", true)]
    [InlineData("^(?:a*)*$", "aab", false)]
    [InlineData(@"^\Aa\z$", "a", true)]
    public void An_expression_is_found_or_not(string pattern, string text, bool found) => Assert.Equal(found, Pattern.Parse(pattern).Matches(text));

    [Theory]
    [InlineData("(a", "missing closing ): `(a`")]
    [InlineData("a)", "unexpected ): `a)`")]
    [InlineData("[a", "missing closing ]: `[a`")]
    [InlineData("*a", "missing argument to repetition operator: `*`")]
    [InlineData("a**", "invalid nested repetition operator: `a**`")]
    [InlineData("a{1001}", "invalid repeat count: `{1001}`")]
    [InlineData("a{3,2}", "invalid repeat count: `{3,2}`")]
    [InlineData("((a{100}){100}){100}", "invalid repeat count: `((a{100}){100}){100}`")]
    [InlineData("[b-a]", "invalid character class range: `b-a`")]
    [InlineData("[[:none:]]", "invalid character class range: `[:none:]`")]
    [InlineData(@"a\", "trailing backslash at end of expression")]
    [InlineData(@"(a)\1", @"invalid escape sequence: `\1`")]
    [InlineData("(?=a)", "invalid or unsupported Perl syntax: `(?=a)`")]
    [InlineData("(?<!a)", "invalid named capture: `(?P<!a)>`")]
    [InlineData(@"\pN", @"invalid escape sequence: `\p`")]
    public void What_is_no_expression_is_refused_in_Gos_words(string pattern, string problem) =>
        Assert.Equal($"error parsing regexp: {problem}", Assert.Throws<CniException>(() => Pattern.Parse(pattern)).Message);

    [Fact]
    public void Nesting_without_end_is_refused() =>
        Assert.Contains("nests too deeply", Assert.Throws<CniException>(() => Pattern.Parse(new string('(', 5000))).Message, StringComparison.Ordinal);

    [Fact]
    public void What_takes_backtracking_for_ever_takes_no_time_here() => Assert.False(Pattern.Parse("^(a+)+$").Matches(new string('a', 5000) + "b"));

    [Fact]
    public void Random_expressions_mean_what_they_mean_to_another_engine()
    {
        var random = new Random(3);
        for (var i = 0; i < 4000; i++)
        {
            var pattern = Expression(random, 3);
            var text = new string([.. Enumerable.Range(0, random.Next(7)).Select(_ => "abc."[random.Next(4)])]);
            Assert.True(
                Regex.IsMatch(text, pattern.Replace("$", @"\z", StringComparison.Ordinal), RegexOptions.NonBacktracking) == Pattern.Parse(pattern).Matches(text),
                $"{pattern} in \"{text}\"");
        }
    }

    private static string Expression(Random random, int depth) => random.Next(depth == 0 ? 6 : 10) switch
    {
        0 => "a",
        1 => "b",
        2 => ".",
        3 => "[^ab]",
        4 => @"\.",
        5 => random.Next(3) switch { 0 => "^", 1 => "$", _ => "c" },
        6 => $"(?:{Expression(random, depth - 1)}){"*+?"[random.Next(3)]}",
        7 => $"({Expression(random, depth - 1)}|{Expression(random, depth - 1)})",
        8 => $"(?:{Expression(random, depth - 1)}){{{random.Next(2)},{1 + random.Next(2)}}}",
        _ => Expression(random, depth - 1) + Expression(random, depth - 1),
    };
}
