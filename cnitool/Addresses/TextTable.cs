namespace CniPlugins.Cnitool.Addresses;

/// <summary>Columns that line up: text to the left, numbers (a title with a blank in front) to the right, the last as it is.</summary>
internal sealed class TextTable(params string[] titles)
{
    private readonly List<string[]> _rows = [];

    public bool IsEmpty => _rows.Count == 0;

    public void Add(params string[] cells) => _rows.Add(cells);

    public void Write(TextWriter output)
    {
        // A column without anything in it only takes room.
        var columns = Enumerable.Range(0, titles.Length).Where(column => _rows.Exists(row => row[column].Length > 0)).ToList();
        var widths = columns.ToDictionary(column => column, column => Math.Max(titles[column].Trim().Length, _rows.Max(row => row[column].Length)));
        foreach (var row in _rows.Prepend([.. titles.Select(title => title.Trim())]))
            output.WriteLine(string.Join("  ", columns.Select(column => Pad(row[column], column, widths[column]))).TrimEnd());
    }

    private string Pad(string cell, int column, int width) =>
        column == titles.Length - 1 ? cell : titles[column].StartsWith(' ') ? cell.PadLeft(width) : cell.PadRight(width);
}
