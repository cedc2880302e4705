namespace CniPlugins.Tuning;

/// <summary>Makes a program of a regular expression: alternatives, repetitions, groups, sets and places, in RE2's syntax without classes of Unicode.</summary>
internal sealed class PatternParser
{
    private const int MaxRepeat = 1000;
    private const int MaxDepth = 1000;
    private const int MaxSteps = 50_000;
    private const int MaxCopies = 1_000_000; // of steps that were put behind or into others: parsing is not to cost more than the program is worth

    private readonly PatternCursor _at;
    private bool _ignoreCase;
    private bool _multiLine;
    private bool _dotTakesLineBreak;
    private int _depth;
    private int _copies;

    private PatternParser(string text) => _at = new PatternCursor(text);

    public static IReadOnlyList<PatternStep> Parse(string text)
    {
        var parser = new PatternParser(text);
        var program = parser.Alternatives();
        return parser._at.IsAtEnd ? [.. program, new PatternStep.Match()] : throw parser._at.Error("unexpected )", text);
    }

    private List<PatternStep> Alternatives()
    {
        if (++_depth > MaxDepth)
            throw _at.Error("expression nests too deeply", _at.Text);
        var branches = new List<List<PatternStep>> { Sequence() };
        while (_at.Takes('|'))
            branches.Add(Sequence());
        _depth--;
        return branches is [var only] ? only : Join(branches);
    }

    private List<PatternStep> Join(List<List<PatternStep>> branches)
    {
        var all = new List<PatternStep>();
        var end = branches.Sum(branch => branch.Count + 2) - 2;
        foreach (var branch in branches.Take(branches.Count - 1))
        {
            all.Add(new PatternStep.Fork(all.Count + 1, all.Count + branch.Count + 2));
            all.AddRange(Shift(branch, all.Count));
            all.Add(new PatternStep.Jump(end));
        }

        all.AddRange(Shift(branches[^1], all.Count));
        return all.Count <= MaxSteps ? all : throw _at.Error("expression too large", _at.Text);
    }

    private List<PatternStep> Sequence()
    {
        var all = new List<PatternStep>();
        while (!_at.IsAtEnd && _at.Next is not ('|' or ')'))
        {
            var start = _at.Position;
            if (_at.Takes("\\Q"))
            {
                foreach (var rune in _at.UpTo("\\E").EnumerateRunes())
                    all.Add(Take(rune.Value));
            }
            else if (_at.Next is '*' or '+' or '?')
            {
                throw _at.Error("missing argument to repetition operator", _at.Next.ToString());
            }
            else
            {
                all.AddRange(Shift(Repeated(Atom(), start), all.Count));
            }

            if (all.Count > MaxSteps)
                throw _at.Error("expression too large", _at.Text);
        }

        return all;
    }

    private List<PatternStep> Repeated(List<PatternStep> what, int start)
    {
        var times = 0;
        while (_at.Repetition(MaxRepeat) is { } range)
        {
            if (times++ > 0)
                throw _at.Error("invalid nested repetition operator", _at.Text[start.._at.Position]);
            if (((long)what.Count + 2) * Math.Max(range.Most ?? range.Least, 1) > MaxSteps)
                throw _at.Error("invalid repeat count", _at.Text[start.._at.Position]);
            _at.Takes('?'); // lazy or not, it matches or it does not
            what = Repeat(what, range.Least, range.Most);
        }

        return what;
    }

    private List<PatternStep> Repeat(List<PatternStep> what, int least, int? most)
    {
        var all = new List<PatternStep>();
        for (var i = 0; i < least; i++)
            all.AddRange(Shift(what, all.Count));
        if (most is null)
            return [.. all, new PatternStep.Fork(all.Count + 1, all.Count + what.Count + 2), .. Shift(what, all.Count + 1), new PatternStep.Jump(all.Count)];
        var end = all.Count + ((what.Count + 1) * (most.Value - least));
        while (all.Count < end)
        {
            all.Add(new PatternStep.Fork(all.Count + 1, end));
            all.AddRange(Shift(what, all.Count));
        }

        return all;
    }

    private List<PatternStep> Atom()
    {
        if (_at.Takes('('))
            return Group();
        return [_at.Read() switch
        {
            '[' => new PatternStep.Take(_at.ReadSet(_ignoreCase)),
            '.' => new PatternStep.Take(_dotTakesLineBreak ? CharacterSet.Of("", isNegated: true) : CharacterSet.Of("\n\n", isNegated: true)),
            '^' => new PatternStep.Assert(_multiLine ? PatternPlace.LineBegin : PatternPlace.TextBegin),
            '$' => new PatternStep.Assert(_multiLine ? PatternPlace.LineEnd : PatternPlace.TextEnd),
            '\\' => Escape(),
            var rune => Take(rune),
        }];
    }

    private PatternStep Escape()
    {
        if (_at.IsAtEnd)
            throw _at.Error("trailing backslash at end of expression", "");
        if (CharacterSet.OfEscape(_at.Next) is { } set)
        {
            _at.Read();
            return new PatternStep.Take(set);
        }

        PatternPlace? place = _at.Next switch
        {
            'A' => PatternPlace.TextBegin,
            'z' => PatternPlace.TextEnd,
            'b' => PatternPlace.WordEdge,
            'B' => PatternPlace.NoWordEdge,
            _ => null,
        };
        if (place is not { } found)
            return Take(_at.ReadEscape());
        _at.Read();
        return new PatternStep.Assert(found);
    }

    private List<PatternStep> Group()
    {
        var flags = (_ignoreCase, _multiLine, _dotTakesLineBreak);
        if (_at.Takes("?P<") || _at.Takes("?<"))
        {
            var name = _at.UpTo(">");
            if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
                throw _at.Error("invalid named capture", $"(?P<{name}>");
        }
        else if (_at.Takes('?') && ReadFlags())
        {
            return []; // flags for the rest of the group around it
        }

        var inner = Alternatives();
        if (!_at.Takes(')'))
            throw _at.Error("missing closing )", _at.Text);
        (_ignoreCase, _multiLine, _dotTakesLineBreak) = flags;
        return inner;
    }

    /// <summary>Flags up to the closing parenthesis (true) or the colon before a group (false).</summary>
    private bool ReadFlags()
    {
        var on = true;
        while (!_at.IsAtEnd)
        {
            switch (_at.Read())
            {
                case ')':
                    return true;
                case ':':
                    return false;
                case '-' when on:
                    on = false;
                    break;
                case 'i':
                    _ignoreCase = on;
                    break;
                case 'm':
                    _multiLine = on;
                    break;
                case 's':
                    _dotTakesLineBreak = on;
                    break;
                case 'U':
                    break; // lazy or not, it matches or it does not
                default:
                    throw _at.Error("invalid or unsupported Perl syntax", _at.Text);
            }
        }

        throw _at.Error("missing argument to repetition operator", "?");
    }

    private PatternStep.Take Take(int rune)
    {
        var set = new CharacterSet { IgnoresCase = _ignoreCase };
        set.Add(rune, rune);
        return new PatternStep.Take(set);
    }

    private IEnumerable<PatternStep> Shift(List<PatternStep> steps, int by)
    {
        _copies += steps.Count;
        if (_copies > MaxCopies)
            throw _at.Error("expression too large", _at.Text);
        return steps.Select(step => step switch
        {
            PatternStep.Jump jump => new PatternStep.Jump(jump.To + by),
            PatternStep.Fork fork => new PatternStep.Fork(fork.To + by, fork.Or + by),
            _ => step,
        });
    }
}
