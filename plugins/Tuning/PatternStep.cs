namespace CniPlugins.Tuning;

/// <summary>A step of a regular expression's program.</summary>
internal abstract record PatternStep
{
    private PatternStep()
    {
    }

    /// <summary>A character of a set, then the next step.</summary>
    internal sealed record Take(CharacterSet Set) : PatternStep;

    /// <summary>Goes on at another step.</summary>
    internal sealed record Jump(int To) : PatternStep;

    /// <summary>Goes on at either step.</summary>
    internal sealed record Fork(int To, int Or) : PatternStep;

    /// <summary>The next step, if the place in the text is of this kind.</summary>
    internal sealed record Assert(PatternPlace Place) : PatternStep
    {
        /// <summary>Judged by the characters on both sides; -1 is the text's end.</summary>
        public bool Holds(int before, int here) => Place switch
        {
            PatternPlace.TextBegin => before < 0,
            PatternPlace.TextEnd => here < 0,
            PatternPlace.LineBegin => before is < 0 or '\n',
            PatternPlace.LineEnd => here is < 0 or '\n',
            PatternPlace.WordEdge => IsWord(before) != IsWord(here),
            PatternPlace.NoWordEdge => IsWord(before) == IsWord(here),
            _ => false,
        };

        private static bool IsWord(int rune) => rune is '_' or (>= '0' and <= '9') or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z');
    }

    /// <summary>The end: it was found.</summary>
    internal sealed record Match : PatternStep;
}

/// <summary>The places in a text that an expression can ask for.</summary>
internal enum PatternPlace
{
    TextBegin,
    TextEnd,
    LineBegin,
    LineEnd,
    WordEdge,
    NoWordEdge,
}
