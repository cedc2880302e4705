namespace CniPlugins.Bench;

/// <summary>Why there is a "–" in a table.</summary>
internal sealed class Notes
{
    private readonly List<(string What, string Why)> _notes = [];

    /// <summary>Whether there is no reason against it; a reason is noted.</summary>
    public bool Passes(string what, Contender contender, string? why)
    {
        if (why is null)
            return true;
        _notes.Add((what, $"{contender.Name}: {why.ReplaceLineEndings(" ")}"));
        Console.Error.WriteLine($"{what}: {contender.Name}: {why}");
        return false;
    }

    public void Print()
    {
        foreach (var note in _notes.GroupBy(note => note.Why, note => note.What))
            Console.WriteLine($"- – in {string.Join("; ", note.Distinct())}: {note.Key}.");
    }
}
