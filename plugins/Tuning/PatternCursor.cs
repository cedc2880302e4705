using System.Globalization;
using System.Text;
using CniPlugins.Cni;

namespace CniPlugins.Tuning;

/// <summary>A place in the text of a regular expression, and the smallest things that can stand there.</summary>
internal sealed class PatternCursor(string text)
{
    public string Text => text;

    public int Position { get; private set; }

    public bool IsAtEnd => Position >= text.Length;

    /// <summary>The next character; not at the end.</summary>
    public char Next => text[Position];

    /// <summary>Go's words, and the part that is meant.</summary>
    public CniException Error(string what, string part) =>
        new($"error parsing regexp: {what}{(part.Length == 0 ? "" : $": `{part}`")}", $"in \"{text}\" of {Allowlist.Path}");

    public bool Takes(char c)
    {
        var takes = !IsAtEnd && Next == c;
        if (takes)
            Position++;
        return takes;
    }

    public bool Takes(string word)
    {
        var takes = string.CompareOrdinal(text, Position, word, 0, word.Length) == 0;
        if (takes)
            Position += word.Length;
        return takes;
    }

    /// <summary>A code point.</summary>
    public int Read()
    {
        var rune = Rune.GetRuneAt(text, Position);
        Position += rune.Utf16SequenceLength;
        return rune.Value;
    }

    /// <summary>All before a word, which is passed over; all that is left where it does not come.</summary>
    public string UpTo(string word)
    {
        var end = text.IndexOf(word, Position, StringComparison.Ordinal);
        var part = end < 0 ? text[Position..] : text[Position..end];
        Position = end < 0 ? text.Length : end + word.Length;
        return part;
    }

    /// <summary><c>* + ? {n} {n,} {n,m}</c>, or null: braces that say nothing of this are themselves.</summary>
    public (int Least, int? Most)? Repetition(int limit)
    {
        if (Takes('*'))
            return (0, null);
        if (Takes('+'))
            return (1, null);
        if (Takes('?'))
            return (0, 1);
        var start = Position;
        if (!Takes('{') || Number() is not { } least)
        {
            Position = start;
            return null;
        }

        var most = Takes(',') ? Number() : least;
        if (!Takes('}'))
        {
            Position = start;
            return null;
        }

        return least <= limit && most is null or >= 0 && (most ?? least) <= limit && (most ?? least) >= least
            ? (least, most)
            : throw Error("invalid repeat count", text[start..Position]);
    }

    /// <summary>What stands after a backslash and means one character.</summary>
    public int ReadEscape()
    {
        var start = Position;
        var rune = IsAtEnd ? throw Error("trailing backslash at end of expression", "") : Read();
        return rune switch
        {
            'a' => '\a',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\v',
            'x' => ReadHex(start),
            >= '0' and <= '7' => ReadOctal(start),
            < 128 when !char.IsAsciiLetterOrDigit((char)rune) => rune,
            _ => throw Error("invalid escape sequence", $"\\{text[start..Position]}"),
        };
    }

    /// <summary>A set after its opening bracket.</summary>
    public CharacterSet ReadSet(bool ignoreCase)
    {
        var start = Position - 1;
        var set = new CharacterSet { IgnoresCase = ignoreCase };
        set.IsNegated = Takes('^');
        for (var isFirst = true; isFirst || !Takes(']'); isFirst = false)
        {
            if (IsAtEnd)
                throw Error("missing closing ]", text[start..]);
            if (Takes("[:"))
            {
                var name = UpTo(":]");
                set.Add(CharacterSet.OfClass(name.TrimStart('^')) ?? throw Error("invalid character class range", $"[:{name}:]"), name.StartsWith('^'));
            }
            else if (Next == '\\' && Position + 1 < text.Length && CharacterSet.OfEscape(text[Position + 1]) is { } other)
            {
                Position += 2;
                set.Add(other);
            }
            else
            {
                ReadRange(set);
            }
        }

        return set;
    }

    private void ReadRange(CharacterSet set)
    {
        var start = Position;
        var from = Takes('\\') ? ReadEscape() : Read();
        var to = from;
        if (Position + 1 < text.Length && Next == '-' && text[Position + 1] != ']')
        {
            Position++;
            to = Takes('\\') ? ReadEscape() : Read();
        }

        if (to < from)
            throw Error("invalid character class range", text[start..Position]);
        set.Add(from, to);
    }

    private int ReadHex(int start)
    {
        var digits = Takes('{') ? UpTo("}") : Position + 2 <= text.Length ? text[Position..(Position += 2)] : "";
        return int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var rune) && rune is >= 0 and <= CharacterSet.Last
            ? rune
            : throw Error("invalid escape sequence", $"\\{text[start..Position]}");
    }

    /// <summary>A leading zero and two more digits, or three: a single digit would refer to a group, which RE2 does not know.</summary>
    private int ReadOctal(int start)
    {
        while (Position < text.Length && Position - start < 3 && Next is >= '0' and <= '7')
            Position++;
        var digits = text[start..Position];
        return digits.Length > 1 || digits == "0"
            ? Convert.ToInt32(digits, 8)
            : throw Error("invalid escape sequence", $"\\{digits}");
    }

    private int? Number()
    {
        var start = Position;
        while (!IsAtEnd && char.IsAsciiDigit(Next))
            Position++;
        return Position == start ? null
            : int.TryParse(text.AsSpan(start, Position - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;
    }
}
