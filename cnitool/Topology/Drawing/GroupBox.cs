namespace CniPlugins.Cnitool.Topology.Drawing;

/// <summary>A bridge, or another way of being joined to the host, as a bar with its pods below: each column hangs on a line of its own.</summary>
internal sealed class GroupBox
{
    private const double Padding = 14;
    private const double BarHeight = 42;
    private const double Gap = 16;
    private const double SpineIndent = 10;

    private readonly PodGroup _group;
    private readonly List<PodCard> _cards;
    private readonly int _columns;
    private readonly double _cardWidth;
    private readonly double _linkWidth;

    public GroupBox(PodGroup group, HostTopology topology, int maxColumns)
    {
        _group = group;
        IReadOnlyCollection<string> known =
            [.. group.Bridge?.Networks is [var only] ? [only] : Array.Empty<string>(), .. group.Bridge?.Addresses.Select(address => $"{address.Address}") ?? []];
        var byContainer = topology.Drawn.Where(pod => pod.ContainerId.Length > 0).ToLookup(pod => pod.ContainerId);
        _cards = [.. group.Pods.Select(pod => new PodCard(pod, byContainer[pod.ContainerId].Where(other => other != pod), known))];
        var rows = Math.Max(1, (_cards.Count + maxColumns - 1) / maxColumns);
        _columns = Math.Max(1, (_cards.Count + rows - 1) / rows);
        _cardWidth = _cards.Select(card => card.Width).DefaultIfEmpty(0).Max();
        _linkWidth = _cards.Select(card => card.LinkWidth).DefaultIfEmpty(0).Max();
    }

    /// <summary>Where its bar is, from its top.</summary>
    public static double BarTop => Padding;

    /// <summary>Whether packets go between it and the host.</summary>
    public bool IsJoined => _group.Kind is GroupKind.Bridge or GroupKind.Routed;

    public double Width => Math.Max((_columns * ColumnWidth) + ((_columns - 1) * Gap), BarTextWidth) + (2 * Padding);

    public double Height => Padding + BarHeight + Rows.Sum(row => row.Max(card => card.Height) + Gap) + (Others.Length > 0 ? 20 : 0) + (_cards.Count > 0 ? Padding : Padding + 2);

    private double ColumnWidth => (_linkWidth > 0 ? SpineIndent + _linkWidth : 0) + _cardWidth;

    private IEnumerable<PodCard[]> Rows => _cards.Chunk(_columns);

    private string Others => _group.Bridge?.OtherPorts is { Count: > 0 } ports ? $"other ports: {string.Join(' ', ports)}" : "";

    private double BarTextWidth => Math.Max(SvgCanvas.WidthOf(Title, 13), SvgCanvas.WidthOf(Subtitle)) + 24;

    private string Title => (_group.Bridge, _group.Bridge?.Networks) switch
    {
        ({ IsUp: false }, _) => $"{_group.Title}, DOWN",
        (_, { Count: > 0 } networks) => $"{_group.Title}  ·  network {string.Join(", ", networks)}",
        _ => _group.Title,
    };

    private string Subtitle => _group.Kind switch
    {
        GroupKind.Bridge when _group.Bridge!.Addresses.Count > 0 => string.Join("  ", _group.Bridge!.Addresses),
        GroupKind.Bridge => _cards.Count == 0 ? "no address, no pods" : "no address: the host is not its gateway",
        GroupKind.Routed => "the host's routes lead to each pod",
        GroupKind.Device => "on its network; the host itself does not hear them",
        GroupKind.Gone => "nobody ran DEL: their addresses are still taken; cnitool gc, or the runtime's own, cleans up",
        GroupKind.Remains => "cnitool gc with the networks' configurations takes them away",
        _ => "",
    };

    private string Colour => _group.Kind switch
    {
        GroupKind.Bridge => Palette.Bridge,
        GroupKind.Routed => Palette.Routed,
        GroupKind.Gone => Palette.Error,
        GroupKind.Remains => Palette.Warning,
        _ => Palette.Other,
    };

    public void Draw(SvgCanvas canvas, double x, double y, double width)
    {
        canvas.Rect(new Box(x, y, width, Height), Palette.Group, Palette.GroupFrame, radius: 8);
        var bar = new Box(x + Padding, y + Padding, width - (2 * Padding), BarHeight);
        var top = bar.Bottom + Gap;
        foreach (var row in Rows)
        {
            var height = row.Max(card => card.Height);
            for (var column = 0; column < row.Length; column++)
            {
                var left = bar.X + (column * (ColumnWidth + Gap));
                var box = new Box(left + ColumnWidth - _cardWidth, top, _cardWidth, row[column].Height);
                if (row[column].HasLink)
                    canvas.Line(Palette.Line, 1.5, false, (left + SpineIndent, bar.Bottom), (left + SpineIndent, top + 24));
                row[column].Draw(canvas, box, left + SpineIndent);
            }

            top += height + Gap;
        }

        if (Others.Length > 0)
            canvas.Text(bar.X, top + 8, Others, Palette.Muted, limit: bar.Width);
        canvas.Rect(bar, Colour, radius: 5);
        canvas.Text(bar.X + 12, bar.Y + 17, Title, Palette.OnDark, 13, bold: true, limit: bar.Width - 20);
        canvas.Text(bar.X + 12, bar.Y + 34, Subtitle, Palette.OnDark, limit: bar.Width - 20);
    }
}
