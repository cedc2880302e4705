namespace CniPlugins.Ipam.Blocks.Selectors;

/// <summary>Reads Calico's selector language: <c>||</c> binds least, then <c>&amp;&amp;</c>, then <c>!</c>.</summary>
/// <remarks>Operators in letters are known only behind a label, so a label may be called <c>in</c>; the space within them may be left out.</remarks>
internal ref struct SelectorParser(string text)
{
    private const int LongestLabel = 512;
    private const int DeepestNesting = 200;

    private readonly string _text = text;
    private int _at;
    private int _depth;

    public Selector Parse()
    {
        SkipSpace();
        if (_at == _text.Length)
            return new Everything();
        var selector = Alternatives();
        return _at == _text.Length ? selector : throw Unexpected();
    }

    private Selector Alternatives()
    {
        if (++_depth > DeepestNesting)
            throw Wrong("too deeply nested");
        var first = Conjunction();
        List<Selector>? all = null;
        while (TryTake("||"))
            (all ??= [first]).Add(Conjunction());
        _depth--;
        return all is null ? first : new Any(all);
    }

    private Selector Conjunction()
    {
        var first = Negation();
        List<Selector>? all = null;
        while (TryTake("&&"))
            (all ??= [first]).Add(Negation());
        return all is null ? first : new Every(all);
    }

    private Selector Negation()
    {
        var negated = false;
        while (TryTake("!"))
            negated = !negated;
        var selector = Term();
        return negated ? new Not(selector) : selector;
    }

    private Selector Term()
    {
        if (TryTake("("))
        {
            var inner = Alternatives();
            Take(")");
            return inner;
        }

        var label = Label();
        if (TryTake("("))
            return Call(label);
        if (TryTake("=="))
            return new Compared(label, Comparison.Equal, Literal());
        if (TryTake("!="))
            return new Not(new Compared(label, Comparison.Equal, Literal()));
        if (TryTake("contains"))
            return new Compared(label, Comparison.Contains, Literal());
        if (TryTakeWords("starts", "with"))
            return new Compared(label, Comparison.StartsWith, Literal());
        if (TryTakeWords("ends", "with"))
            return new Compared(label, Comparison.EndsWith, Literal());
        if (TryTakeWords("not", "in"))
            return new Not(new OneOf(label, Set()));
        if (TryTake("in"))
            return new OneOf(label, Set());
        throw Unexpected();
    }

    private Selector Call(string name)
    {
        Selector selector = name switch
        {
            "all" or "global" => new Everything(),
            "has" => new Has(Label()),
            _ => throw Wrong($"unknown function {name}"),
        };
        Take(")");
        return selector;
    }

    private List<string> Set()
    {
        Take("{");
        var texts = new List<string>();
        while (!TryTake("}"))
        {
            texts.Add(Literal());
            if (TryTake(","))
                continue;
            Take("}");
            break;
        }

        return texts;
    }

    private string Literal()
    {
        if (_at == _text.Length || _text[_at] is not ('"' or '\''))
            throw Unexpected();
        var end = _text.IndexOf(_text[_at], _at + 1);
        if (end < 0)
            throw Wrong("a text has no end");
        var literal = _text[(_at + 1)..end];
        _at = end + 1;
        SkipSpace();
        return literal;
    }

    private string Label()
    {
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '_' or '.' or '/' or '-'))
            _at++;
        if (_at == start)
            throw Unexpected();
        if (_at - start > LongestLabel)
            throw Wrong("a label's name is too long");
        var label = _text[start.._at];
        SkipSpace();
        return label;
    }

    private bool TryTakeWords(string first, string second)
    {
        var start = _at;
        if (TryTake(first) && TryTake(second))
            return true;
        _at = start;
        return false;
    }

    private bool TryTake(string token)
    {
        if (!_text.AsSpan(_at).StartsWith(token, StringComparison.Ordinal))
            return false;
        _at += token.Length;
        SkipSpace();
        return true;
    }

    private void Take(string token)
    {
        if (!TryTake(token))
            throw Wrong($"\"{token}\" expected");
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && _text[_at] is ' ' or '\t')
            _at++;
    }

    private readonly FormatException Unexpected() => Wrong(_at == _text.Length ? "it ends too early" : $"'{_text[_at]}' does not belong there");

    private readonly FormatException Wrong(string what) => new($"selector {_text}: {what} (at character {_at + 1})");
}
