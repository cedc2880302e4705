namespace CniPlugins.Cnitool.Topology.Drawing;

/// <summary>A topology as a picture, in layers: what is outside, the host's edge, bridges and routes, pods; then what is wrong, and a legend.</summary>
internal static class TopologySvg
{
    private const double Margin = 20;
    private const double Inset = 36; // room for the trunk on the left of the groups
    private const double Gap = 20;
    private const double MinWidth = 720;

    /// <summary>Draws it as an SVG document without external parts.</summary>
    public static string Draw(HostTopology topology)
    {
        var canvas = new SvgCanvas();
        var groups = PodGroup.Of(topology);
        var most = groups.Select(group => group.Pods.Count).DefaultIfEmpty(0).Max();
        var boxes = groups.Select(group => new GroupBox(group, topology, most <= 3 ? 3 : most <= 12 ? 4 : 5)).ToList();
        var head = new HostHead(topology);
        var inner = Math.Max(Math.Max(MinWidth, head.MinWidth), boxes.Select(box => box.Width).DefaultIfEmpty(0).Max() + Inset + Gap);
        var shelves = Shelves(boxes, inner - Inset - Gap);

        var frame = new Box(Margin, Margin + HostHead.FrameTop, inner, 0);
        // The frame is the lowest layer, and how high it is turns out only when all else is drawn: so a sketch comes first.
        var height = DrawInside(new SvgCanvas(), head, shelves, frame);
        canvas.Rect(frame with { Height = height }, Palette.Host, Palette.Frame, radius: 10);
        _ = DrawInside(canvas, head, shelves, frame);

        var y = frame.Y + height + 24;
        y = DrawLines(canvas, "problems", topology.Problems, Palette.Error, y, inner);
        y = DrawLines(canvas, "leftovers: in the kernel, and whose they are nobody knows", topology.Leftovers, Palette.Warning, y, inner);
        y = DrawLines(canvas, "not read, so the picture is incomplete", topology.Unread, Palette.Warning, y, inner);
        y = Legend.Draw(canvas, topology, Margin, y, inner);
        return canvas.Document(inner + (2 * Margin), y + Margin - 6, $"network topology of host {topology.HostName}", Description(topology));
    }

    private static string Description(HostTopology topology) =>
        $"{topology.Drawn.Count()} attachments of containers, {topology.Bridges.Count} bridges, {topology.Uplinks.Count} uplinks; drawn by cnitool topology.";

    /// <summary>Groups beside each other as long as there is room; those that are joined to the host before those that are not.</summary>
    private static List<List<GroupBox>> Shelves(IEnumerable<GroupBox> boxes, double width)
    {
        var shelves = new List<List<GroupBox>>();
        foreach (var box in boxes)
        {
            if (shelves.LastOrDefault() is { } shelf && shelf[0].IsJoined == box.IsJoined && shelf.Sum(other => other.Width + Gap) + box.Width <= width)
                shelf.Add(box);
            else
                shelves.Add([box]);
        }

        return shelves;
    }

    /// <summary>Everything in the host's frame; returns the frame's height.</summary>
    private static double DrawInside(SvgCanvas canvas, HostHead head, List<List<GroupBox>> shelves, Box frame)
    {
        var (trunkX, trunkY) = head.Draw(canvas, frame.X, frame.Y - HostHead.FrameTop, frame.Width);
        var y = trunkY + 12;
        var gutter = frame.X + 18;
        var from = (X: trunkX, Y: trunkY);
        foreach (var shelf in shelves)
        {
            var x = frame.X + Inset;
            var spare = (frame.Width - Inset - Gap - shelf.Sum(box => box.Width) - ((shelf.Count - 1) * Gap)) / shelf.Count;
            var height = shelf.Max(box => box.Height);
            foreach (var box in shelf)
            {
                box.Draw(canvas, x, y + 12, box.Width + spare);
                if (box.IsJoined)
                {
                    var middle = x + Math.Min((box.Width + spare) / 2, 60);
                    canvas.Line(Palette.Line, 1.5, false, from, (from.X, y), (middle, y), (middle, y + 12 + GroupBox.BarTop));
                }

                x += box.Width + spare + Gap;
            }

            from = (gutter, y);
            y += height + 12 + Gap;
            if (shelf != shelves[^1] && shelves[shelves.IndexOf(shelf) + 1][0].IsJoined)
                canvas.Line(Palette.Line, 1.5, false, (Math.Min(trunkX, frame.X + Inset + 60), from.Y), from, (gutter, y));
        }

        return y - frame.Y;
    }

    private static double DrawLines(SvgCanvas canvas, string title, IReadOnlyList<string> lines, string colour, double y, double width)
    {
        if (lines.Count == 0)
            return y;
        canvas.Text(Margin, y, title, colour, bold: true);
        foreach (var line in lines)
            canvas.Text(Margin + 12, y += 17, line, Palette.Text, limit: width - 12);
        return y + 26;
    }
}
