namespace CniPlugins.Cnitool.Topology.Drawing;

/// <summary>A pod's box and the link to its left: the veth's name on the line, the limits below it.</summary>
internal sealed class PodCard
{
    private const double Padding = 10;
    private const double LineHeight = 17;
    private const double ChipHeight = 21;
    private const double MaxTextWidth = 275;
    private const int MaxProblemLines = 4;

    private readonly PodAttachment _pod;
    private readonly List<(string Text, string Colour)> _lines = [];
    private readonly List<string> _chips = [];

    /// <param name="others">The container's other attachments.</param>
    /// <param name="known">Texts that the group's heading says for all: its network, its gateways.</param>
    public PodCard(PodAttachment pod, IEnumerable<PodAttachment> others, IReadOnlyCollection<string> known)
    {
        _pod = pod;
        if (pod.Network.Length > 0 && !known.Contains(pod.Network))
            _lines.Add(($"network {pod.Network}", Palette.Muted));
        if (pod.Device.Length > 0)
            _lines.Add(($"{pod.Device} of the host", Palette.Muted));
        _lines.AddRange(new[] { pod.Layer, pod.InnerMaster }.Where(text => text.Length > 0).Select(text => (text, Palette.Muted)));
        _lines.AddRange(pod.Addresses.Select(address => ($"{address}", Palette.Text)));
        if (pod.State is not AttachmentState.Gone && pod.Gateways.Where(gateway => !known.Contains($"{gateway}")).ToList() is { Count: > 0 } gateways)
            _lines.AddRange(gateways.Select(gateway => ($"via {gateway}", Palette.Muted)));
        _lines.AddRange(others.Select(other => ($"also {other.IfName} on {other.Network}", Palette.Muted)));
        _chips.AddRange(pod.Ports.Select(port => $"{port}"));
        var problem = pod.State is AttachmentState.Leaked ? Palette.Warning : Palette.Error;
        var wrapped = pod.Problems.SelectMany(text => Wrap($"! {text}", 38)).ToList();
        _lines.AddRange(wrapped.Take(MaxProblemLines).Select((line, index) => (index == MaxProblemLines - 1 && wrapped.Count > MaxProblemLines ? $"{line} …" : line, problem)));
    }

    /// <summary>How wide its box wants to be.</summary>
    public double Width => (2 * Padding) + Math.Min(MaxTextWidth, Enumerable.Max(
    [
        SvgCanvas.WidthOf(_pod.Name, 13) + SvgCanvas.WidthOf(_pod.IfName, 11) + 14,
        .. _lines.Select(line => SvgCanvas.WidthOf(line.Text)),
        .. _chips.Select(SvgCanvas.ChipWidth),
        130,
    ]));

    /// <summary>How wide the line to it has to be for what stands on it; 0 when nothing leads there.</summary>
    public double LinkWidth => _pod.HostInterface.Length == 0 ? 0
        : Math.Max(SvgCanvas.WidthOf(_pod.HostInterface, 11) + 16, Limits.Select(limit => SvgCanvas.ChipWidth(limit) + 12).DefaultIfEmpty(0).Max());

    public double Height => Math.Max(
        Padding + 18 + (_lines.Count * LineHeight) + (_chips.Count * ChipHeight) + (_pod.Masquerade.Length > 0 ? ChipHeight : 0) + 6,
        _pod.HostInterface.Length > 0 ? 40 + (Limits.Count * 20) : 0);

    public bool HasLink => _pod.HostInterface.Length > 0;

    private List<string> Limits =>
        [.. ((string?[])[_pod.Ingress is { } ingress ? $"in {ingress}" : null, _pod.Egress is { } egress ? $"out {egress}" : null]).OfType<string>()];

    /// <summary>Draws it; the line comes from the spine on the left.</summary>
    public void Draw(SvgCanvas canvas, Box box, double spineX)
    {
        var colours = Palette.Pod(_pod.State);
        if (HasLink)
            DrawLink(canvas, spineX, box.X, box.Y + 24);
        canvas.Rect(box, colours.Fill, colours.Stroke, dashed: colours.Dashed);
        var y = box.Y + Padding + 10;
        var inner = box.Width - (2 * Padding);
        var right = SvgCanvas.WidthOf(_pod.IfName, 11);
        canvas.Text(box.X + Padding, y, _pod.Name, Palette.Text, 13, bold: true, limit: inner - right - 10);
        canvas.Text(box.Right - Padding, y, _pod.IfName, Palette.Muted, 11, anchor: "end");
        foreach (var (text, colour) in _lines)
            canvas.Text(box.X + Padding, y += LineHeight, text, colour, limit: inner);
        y += 8;
        foreach (var chip in _chips)
        {
            canvas.Chip(box.X + Padding, y, chip, Palette.Port, inner);
            y += ChipHeight;
        }

        if (_pod.Masquerade.Length > 0)
            canvas.Chip(box.X + Padding, y, _pod.Masquerade is "nftables" ? "masquerade" : $"masquerade ({_pod.Masquerade})", Palette.Masquerade, inner);
    }

    private void DrawLink(SvgCanvas canvas, double from, double to, double y)
    {
        canvas.Line(Palette.Line, 1.5, false, (from, y), (to, y));
        canvas.Text(from + 8, y - 6, _pod.HostInterface, Palette.Muted, 11);
        foreach (var limit in Limits)
        {
            y += 20;
            canvas.Chip(from + 8, y - 14, limit, Palette.Limit);
        }
    }

    /// <summary>Words in lines of so many characters.</summary>
    private static IEnumerable<string> Wrap(string text, int width)
    {
        var line = "";
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "  " + word;
            }
            else
            {
                line = line.Length == 0 ? word : $"{line} {word}";
            }
        }

        yield return line;
    }
}
