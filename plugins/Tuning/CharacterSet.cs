using System.Text;

namespace CniPlugins.Tuning;

/// <summary>Characters by ranges of code points.</summary>
internal sealed class CharacterSet
{
    public const int Last = 0x10ffff;

    private readonly List<(int From, int To)> _ranges = [];

    /// <summary>Whether those that are not in the ranges are meant.</summary>
    public bool IsNegated { get; set; }

    /// <summary>Whether upper and lower case are the same.</summary>
    public bool IgnoresCase { get; init; }

    public static CharacterSet Of(string ranges, bool isNegated = false)
    {
        var set = new CharacterSet { IsNegated = isNegated };
        for (var i = 0; i < ranges.Length; i += 2)
            set.Add(ranges[i], ranges[i + 1]);
        return set;
    }

    /// <summary>The set that RE2 has for a letter after a backslash (<c>\d \s \w</c>, capitals for the others), or null.</summary>
    public static CharacterSet? OfEscape(char letter) => char.ToLowerInvariant(letter) switch
    {
        'd' => Of("09", char.IsUpper(letter)),
        's' => Of("\t\n\f\r  ", char.IsUpper(letter)),
        'w' => Of("09AZ__az", char.IsUpper(letter)),
        _ => null,
    };

    /// <summary>The set that <c>[[:NAME:]]</c> is, or null.</summary>
    public static CharacterSet? OfClass(string name) => name switch
    {
        "alnum" => Of("09AZaz"),
        "alpha" => Of("AZaz"),
        "ascii" => Of("\0\x7f"),
        "blank" => Of("\t\t  "),
        "cntrl" => Of("\0\x1f\x7f\x7f"),
        "digit" => Of("09"),
        "graph" => Of("!~"),
        "lower" => Of("az"),
        "print" => Of(" ~"),
        "punct" => Of("!/:@[`{~"),
        "space" => Of("\t\r  "),
        "upper" => Of("AZ"),
        "word" => Of("09AZ__az"),
        "xdigit" => Of("09AFaf"),
        _ => null,
    };

    public void Add(int from, int to) => _ranges.Add((from, to));

    /// <summary>Takes in what another set has, or what it lacks if that is negated.</summary>
    public void Add(CharacterSet other, bool negate = false)
    {
        if (other.IsNegated == negate)
        {
            _ranges.AddRange(other._ranges);
            return;
        }

        var next = 0;
        other._ranges.Sort();
        foreach (var (from, to) in other._ranges)
        {
            if (from > next)
                Add(next, from - 1);
            next = Math.Max(next, to + 1);
        }

        Add(next, Last);
    }

    public bool Contains(int rune) =>
        (Has(rune) || (IgnoresCase && (Has(Rune.ToLowerInvariant(new Rune(rune)).Value) || Has(Rune.ToUpperInvariant(new Rune(rune)).Value)))) != IsNegated;

    private bool Has(int rune) => _ranges.Any(range => rune >= range.From && rune <= range.To);
}
