using System.Buffers.Text;
using System.Text;

namespace CniPlugins.Cni;

/// <summary>A version of the CNI specification: its text as configured, ordered by its numbers.</summary>
internal sealed record CniVersion : IComparable<CniVersion>
{
    private readonly int _number;

    private CniVersion(string text, int number)
    {
        Text = text;
        _number = number;
    }

    public string Text { get; }

    public static CniVersion V010 { get; } = Parse("0.1.0");
    public static CniVersion V030 { get; } = Parse("0.3.0");
    public static CniVersion V040 { get; } = Parse("0.4.0");
    public static CniVersion V100 { get; } = Parse("1.0.0");
    public static CniVersion V110 { get; } = Parse("1.1.0");

    /// <summary>Every version this suite speaks, oldest first.</summary>
    public static IReadOnlyList<CniVersion> All { get; } =
        [V010, Parse("0.2.0"), V030, Parse("0.3.1"), V040, V100, V110];

    /// <summary>
    /// One to three decimal parts, missing ones are 0; an empty text is 0.1.0. Throws code 6 with Go's words for anything else.
    /// </summary>
    public static CniVersion Parse(string text)
    {
        if (text.Length == 0)
            return V010;
        var parts = text.Split('.');
        if (parts.Length > 3)
            throw Unparsable($"invalid version \"{text}\": too many parts");
        var number = 0;
        for (var i = 0; i < 3; i++)
        {
            var part = 0;
            if (i < parts.Length && (!TryParse(parts[i], out part) || part is < 0 or > 999))
            {
                var name = i switch { 0 => "major", 1 => "minor", _ => "micro" };
                throw Unparsable($"failed to convert {name} version part \"{parts[i]}\": strconv.Atoi: parsing \"{parts[i]}\": invalid syntax");
            }

            number = (number * 1000) + part;
        }

        return new CniVersion(text, number);
    }

    /// <summary>Go's Atoi; int.Parse would bring in a culture, which costs more than all the rest.</summary>
    private static bool TryParse(string text, out int number)
    {
        var digits = Encoding.UTF8.GetBytes(text);
        return Utf8Parser.TryParse(digits, out number, out var length) && length == digits.Length;
    }

    public int CompareTo(CniVersion? other) => other is null ? 1 : _number.CompareTo(other._number);

    public static bool operator <(CniVersion a, CniVersion b) => a.CompareTo(b) < 0;
    public static bool operator >(CniVersion a, CniVersion b) => a.CompareTo(b) > 0;
    public static bool operator <=(CniVersion a, CniVersion b) => a.CompareTo(b) <= 0;
    public static bool operator >=(CniVersion a, CniVersion b) => a.CompareTo(b) >= 0;

    public override string ToString() => Text;

    private static CniException Unparsable(string message) => new(CniErrorCode.DecodingFailure, message);
}
