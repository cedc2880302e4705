namespace CniPlugins.Tuning;

/// <summary>A regular expression as upstream's allow-list has them (RE2's syntax), searched for anywhere in a text, in time that grows with its length only.</summary>
/// <remarks>
/// .NET's own engine understands other words by the same letters (<c>$</c> before a final line break, <c>\d</c> of every script, look-around), and is
/// as large as the rest of the program; all that is needed here is yes or no.
/// </remarks>
internal sealed class Pattern
{
    private readonly IReadOnlyList<PatternStep> _program;

    private Pattern(IReadOnlyList<PatternStep> program) => _program = program;

    /// <summary>Throws code 999, <c>error parsing regexp: …</c>, for what is no expression of that syntax.</summary>
    public static Pattern Parse(string text) => new(PatternParser.Parse(text));

    /// <summary>Whether it is found in a text (Thompson's simulation: all ways at once, a character at a time).</summary>
    public bool Matches(string text)
    {
        var runes = new List<int>();
        foreach (var rune in text.EnumerateRunes())
            runes.Add(rune.Value);
        var (now, next) = (new bool[_program.Count], new bool[_program.Count]);
        for (var at = 0; at <= runes.Count; at++)
        {
            var (before, here) = (at == 0 ? -1 : runes[at - 1], at == runes.Count ? -1 : runes[at]);
            if (Enter(now, 0, before, here))
                return true;
            if (here < 0)
                return false;
            var after = at + 1 == runes.Count ? -1 : runes[at + 1];
            for (var i = 0; i < _program.Count; i++)
            {
                if (now[i] && _program[i] is PatternStep.Take take && take.Set.Contains(here) && Enter(next, i + 1, here, after))
                    return true;
            }

            (now, next) = (next, now);
            Array.Clear(next);
        }

        return false;
    }

    /// <summary>Stands at a step and at all that can be reached from it without a character; true when that is the end.</summary>
    private bool Enter(bool[] states, int first, int before, int here)
    {
        var pending = new Stack<int>([first]);
        while (pending.TryPop(out var i))
        {
            if (states[i])
                continue;
            states[i] = true;
            switch (_program[i])
            {
                case PatternStep.Match:
                    return true;
                case PatternStep.Jump jump:
                    pending.Push(jump.To);
                    break;
                case PatternStep.Fork fork:
                    pending.Push(fork.To);
                    pending.Push(fork.Or);
                    break;
                case PatternStep.Assert assert when assert.Holds(before, here):
                    pending.Push(i + 1);
                    break;
            }
        }

        return false;
    }
}
