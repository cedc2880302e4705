using System.Globalization;
using System.Text;

namespace CniPlugins.Bench;

/// <summary>
/// Medians as a picture (SVG): a line for each row, a dot on it for each contender, time on a logarithmic axis; on the right the first peer's time as a multiple of ours.
/// </summary>
internal sealed class Chart(IReadOnlyList<Suite> suites, Floor floor)
{
    private const int Left = 340;
    private const int Axis = 420;
    private const int Right = 110;
    private const int Top = 64;
    private const int Line = 20;
    private const int Width = Left + Axis + Right;

    private static readonly string[] Colours = ["#0969da", "#cf222e", "#bf8700", "#8250df", "#1a7f37"];

    private readonly StringBuilder _svg = new();
    private double _from;
    private double _decades;

    public string Draw(IReadOnlyList<Row> all)
    {
        var rows = all.Where(row => row.Of(suites[0]) is not null && suites.Skip(1).Any(peer => row.Of(peer) is not null)).ToList();
        var times = rows.SelectMany(row => row.Figures.Values).Select(figures => figures.Median).ToList();
        _from = Math.Floor(Math.Log10(times.Min()));
        _decades = Math.Ceiling(Math.Log10(times.Max())) - _from;
        var height = Top + (rows.Count * Line) + 30;
        Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{height}\" viewBox=\"0 0 {Width} {height}\" role=\"img\"");
        Add("  font-family=\"'DejaVu Sans', Verdana, sans-serif\" font-size=\"12\">");
        Add("<title>what plugins take, by scripts/bench.sh: medians</title>");
        Add($"<rect width=\"{Width}\" height=\"{height}\" rx=\"10\" fill=\"#f6f8fa\"/>");
        Legend();
        Grid(Top + (rows.Count * Line));
        for (var i = 0; i < rows.Count; i++)
            Draw(rows[i], Top + (i * Line) + (Line / 2), i % 2 == 1);
        Add("</svg>");
        return _svg.ToString();
    }

    private void Legend()
    {
        var x = Left;
        foreach (var contender in suites.Append<Contender>(floor))
        {
            Dot(x, 22, contender);
            var name = contender == floor ? "the kernel's work, done in C" : contender.Name;
            Text(x + 10, 26, name);
            x += 34 + (name.Length * 7);
        }

        if (suites.Count > 1)
            Text(Width - 16, 26, $"{suites[1].Name} ÷ {suites[0].Name}", "end");
    }

    private void Grid(int bottom)
    {
        for (var decade = 0; decade <= _decades; decade++)
        {
            var x = X(Math.Pow(10, _from + decade));
            Add(Invariant($"<line x1=\"{x:0.#}\" y1=\"{Top}\" x2=\"{x:0.#}\" y2=\"{bottom}\" stroke=\"#d0d7de\"/>"));
            Text(x, Top - 8, Invariant($"{Math.Pow(10, _from + decade):0.###} ms"), "middle");
            Text(x, bottom + 18, Invariant($"{Math.Pow(10, _from + decade):0.###} ms"), "middle");
        }

    }

    private void Draw(Row row, int y, bool shaded)
    {
        if (shaded)
            Add($"<rect x=\"8\" y=\"{y - (Line / 2)}\" width=\"{Width - 16}\" height=\"{Line}\" fill=\"#8c959f\" fill-opacity=\"0.1\"/>");
        Text(16, y + 4, row.Name);
        var ends = row.Figures.Values.Select(figures => X(figures.Median)).ToList();
        Add(Invariant($"<line x1=\"{ends.Min():0.#}\" y1=\"{y}\" x2=\"{ends.Max():0.#}\" y2=\"{y}\" stroke=\"#8c959f\" stroke-width=\"1.5\"/>"));
        foreach (var contender in suites.Append<Contender>(floor).Reverse())
        {
            if (row.Of(contender) is { } figures)
                Dot(X(figures.Median), y, contender);
        }

        if (suites.Skip(1).Select(row.Of).FirstOrDefault() is { } first)
            Text(Width - 16, y + 4, Invariant($"{first.Median / row.Of(suites[0])!.Median:0.0}"), "end");
    }

    private void Dot(double x, int y, Contender contender) => Add(contender == floor
        ? Invariant($"<circle cx=\"{x:0.#}\" cy=\"{y}\" r=\"4\" fill=\"#f6f8fa\" stroke=\"#57606a\" stroke-width=\"2\"/>")
        : Invariant($"<circle cx=\"{x:0.#}\" cy=\"{y}\" r=\"5\" fill=\"{Colours[suites.ToList().IndexOf((Suite)contender) % Colours.Length]}\"/>"));

    private void Text(double x, int y, string text, string anchor = "start") =>
        Add(Invariant($"<text x=\"{x:0.#}\" y=\"{y}\" fill=\"#1f2328\" text-anchor=\"{anchor}\">{text.Replace("&", "&amp;", StringComparison.Ordinal)}</text>"));

    private double X(double milliseconds) => Left + (Axis * (Math.Log10(milliseconds) - _from) / _decades);

    private void Add(string element) => _svg.Append(element).Append('\n');

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
