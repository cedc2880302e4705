using System.Globalization;
using System.Text;

namespace CniPlugins.Cnitool.Topology.Drawing;

/// <summary>Shapes and text of an SVG document, in pixels from the upper left corner; text is set in a monospaced face, so its width is known.</summary>
internal sealed class SvgCanvas
{
    public const double FontSize = 12;

    // DejaVu Sans Mono's, the widest of those asked for.
    private const double CharacterWidth = 0.602;

    private readonly StringBuilder _body = new();

    public static double WidthOf(string text, double size = FontSize) => text.Length * size * CharacterWidth;

    public void Rect(Box box, string fill, string stroke = "none", double radius = 6, bool dashed = false) => Write(
        $"<rect x=\"{box.X:0.#}\" y=\"{box.Y:0.#}\" width=\"{box.Width:0.#}\" height=\"{box.Height:0.#}\" rx=\"{radius:0.#}\" fill=\"{fill}\" stroke=\"{stroke}\"{(dashed ? " stroke-dasharray=\"5 3\"" : "")}/>");

    /// <summary>A line through points; with an arrow's head at its end.</summary>
    public void Line(string stroke, double width, bool arrow, params IEnumerable<(double X, double Y)> points) => Write(
        $"<polyline points=\"{string.Join(' ', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{point.X:0.#},{point.Y:0.#}")))}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"{width:0.#}\"{(arrow ? " marker-end=\"url(#arrow)\"" : "")}/>");

    /// <summary>A line of text on a baseline; what is wider than the limit is cut, and shown whole when pointed at.</summary>
    public void Text(double x, double y, string text, string fill, double size = FontSize, bool bold = false, string anchor = "start", double limit = double.MaxValue)
    {
        var fitted = Fit(text, size, limit);
        Write($"<text x=\"{x:0.#}\" y=\"{y:0.#}\" font-size=\"{size:0.#}\" fill=\"{fill}\"{(bold ? " font-weight=\"bold\"" : "")}{(anchor == "start" ? "" : $" text-anchor=\"{anchor}\"")}>{(fitted == text ? "" : $"<title>{Escape(text)}</title>")}{Escape(fitted)}</text>");
    }

    /// <summary>A small label with a border of its own; returns its width.</summary>
    public double Chip(double x, double y, string text, (string Fill, string Stroke, string Text) colours, double limit = double.MaxValue)
    {
        const double size = 11;
        const double padding = 6;
        var width = Math.Min(ChipWidth(text), limit);
        Rect(new Box(x, y, width, 17), colours.Fill, colours.Stroke, radius: 8);
        Text(x + padding, y + 12.5, text, colours.Text, size, limit: width - (2 * padding) + 1);
        return width;
    }

    public static double ChipWidth(string text) => WidthOf(text, 11) + 12;

    /// <summary>The whole document, with a background of its own: readable on a light page and on a dark one.</summary>
    public string Document(double width, double height, string title, string description) => string.Create(CultureInfo.InvariantCulture, $"""
        <svg xmlns="http://www.w3.org/2000/svg" width="{width:0}" height="{height:0}" viewBox="0 0 {width:0} {height:0}" role="img" font-family="'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace">
        <title>{Escape(title)}</title>
        <desc>{Escape(description)}</desc>
        <defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="{Palette.Line}"/></marker></defs>
        <rect width="{width:0}" height="{height:0}" rx="10" fill="{Palette.Page}"/>
        {_body}</svg>
        """);

    private void Write(FormattableString element) => _body.Append(element.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Fit(string text, double size, double limit) =>
        WidthOf(text, size) <= limit + 0.5 ? text : $"{text[..Math.Clamp((int)(limit / (size * CharacterWidth)) - 1, 0, text.Length)]}…";

    /// <summary>Text as XML has it; characters that XML cannot hold (a broken cache may have any) become U+FFFD.</summary>
    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            escaped.Append(rune.Value switch
            {
                '<' => "&lt;",
                '>' => "&gt;",
                '&' => "&amp;",
                '"' => "&quot;",
                < ' ' or 0xfffe or 0xffff => "\ufffd",
                _ => rune.ToString(),
            });
        }

        return escaped.ToString();
    }
}

/// <summary>A rectangle in pixels.</summary>
internal readonly record struct Box(double X, double Y, double Width, double Height)
{
    public double Right => X + Width;

    public double Bottom => Y + Height;

    public double CentreX => X + (Width / 2);
}
