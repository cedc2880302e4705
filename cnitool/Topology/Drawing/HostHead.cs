namespace CniPlugins.Cnitool.Topology.Drawing;

/// <summary>The upper part of the drawing: what is outside, the uplinks on the host's edge, the ports that lead in and the masquerade that leads out.</summary>
internal sealed class HostHead(HostTopology topology)
{
    private const double OutsideHeight = 30;
    private const double UplinkGap = 24;
    private const int MaxPorts = 24;

    private readonly IReadOnlyList<string> _ports = PortTexts(topology);
    private readonly IReadOnlyList<PodAttachment> _hidden = [.. topology.Drawn.Where(pod => pod.Masquerade.Length > 0 && pod.State is not AttachmentState.Gone)];

    /// <summary>The edge of the host's frame, from the head's top.</summary>
    public static double FrameTop => OutsideHeight + 48;

    public double MinWidth => topology.Uplinks.Sum(uplink => UplinkWidth(uplink) + UplinkGap) + 140;

    /// <summary>Draws into a frame of this width; returns where the trunk to the pods begins.</summary>
    public (double X, double Y) Draw(SvgCanvas canvas, double x, double y, double width)
    {
        var edge = y + FrameTop;
        canvas.Text(x + 16, edge + 24, $"host {topology.HostName}", Palette.Text, 15, bold: true, limit: width - 32);
        var trunkX = DrawUplinks(canvas, x, y, width);
        var at = edge + 44;
        if (_ports.Count > 0)
            at = DrawPorts(canvas, new Box(x + 16, at, width - 32, 0), trunkX);
        if (_hidden.Count > 0)
        {
            canvas.Line(Palette.Line, 1.5, false, (trunkX, at), (trunkX, at + 34));
            canvas.Rect(new Box(x + 16, at + 8, width - 32, 25), Palette.Masquerade.Fill, Palette.Masquerade.Stroke, radius: 5);
            canvas.Text(x + 26, at + 25, $"↑ masquerade: what {Count(_hidden.Count)} to the outside carries the host's address", Palette.Masquerade.Text, limit: width - 52);
            at += 34;
        }

        return (trunkX, at);
    }

    private double DrawUplinks(SvgCanvas canvas, double x, double y, double width)
    {
        var total = topology.Uplinks.Sum(uplink => UplinkWidth(uplink) + UplinkGap) - UplinkGap;
        var left = x + ((width - total) / 2);
        var centre = x + (width / 2);
        var edge = y + FrameTop;
        if (topology.Uplinks.Count == 0)
        {
            canvas.Text(centre, edge - 8, "no uplink: nothing leads out of this host", Palette.Muted, anchor: "middle", limit: width);
            return centre;
        }

        foreach (var uplink in topology.Uplinks)
        {
            var box = new Box(left, edge - 22, UplinkWidth(uplink), 44);
            var outside = uplink.Gateways.Count > 0 ? $"outside, via {string.Join(" ", uplink.Gateways)}" : "outside";
            canvas.Rect(box with { Y = y, Height = OutsideHeight }, Palette.Host, Palette.Frame, radius: 15);
            canvas.Text(box.CentreX, y + 19, outside, Palette.Text, anchor: "middle", limit: box.Width - 16);
            canvas.Line(Palette.Line, 1.5, false, (box.CentreX, y + OutsideHeight), (box.CentreX, box.Y));
            canvas.Line(Palette.Line, 1.5, false, (box.CentreX, box.Bottom), (box.CentreX, edge + 36), (centre, edge + 36));
            canvas.Rect(box, Palette.Uplink, radius: 5);
            canvas.Text(box.X + 12, box.Y + 18, uplink.IsUp ? $"uplink {uplink.Name}" : $"uplink {uplink.Name}, DOWN", Palette.OnDark, 13, bold: true);
            canvas.Text(box.X + 12, box.Y + 35, string.Join("  ", uplink.Addresses), Palette.OnDark);
            left = box.Right + UplinkGap;
        }

        canvas.Line(Palette.Line, 1.5, false, (centre, edge + 36), (centre, edge + 44));
        return centre;
    }

    /// <summary>Labels one after the other, in as many lines as they need; returns where they end.</summary>
    private double DrawPorts(SvgCanvas canvas, Box box, double trunkX)
    {
        const double indent = 112;
        var places = new List<(double X, double Y, string Text)>();
        var (x, y) = (box.X + indent, box.Y + 12);
        foreach (var text in _ports)
        {
            var width = Math.Min(SvgCanvas.ChipWidth(text), box.Width - indent - 10);
            if (x > box.X + indent && x + width > box.Right - 10)
                (x, y) = (box.X + indent, y + 22);
            places.Add((x, y, text));
            x += width + 8;
        }

        canvas.Line(Palette.Line, 1.5, true, (trunkX, box.Y), (trunkX, box.Y + 8));
        canvas.Rect(new Box(box.X, box.Y + 8, box.Width, y + 17 - box.Y - 4), Palette.Host, Palette.Port.Stroke, radius: 5);
        canvas.Text(box.X + 10, box.Y + 25, "↓ host ports", Palette.Port.Text, bold: true);
        foreach (var place in places)
            canvas.Chip(place.X, place.Y, place.Text, Palette.Port, box.Width - indent - 10);
        return y + 21;
    }

    private static string[] PortTexts(HostTopology topology)
    {
        string[] all = [.. topology.Drawn.SelectMany(pod => pod.Ports.Select(port => (Pod: pod, Port: port))).OrderBy(row => row.Port.HostPort)
            .Select(row => $"{row.Port.From} → {row.Pod.Name}:{row.Port.ContainerPort}{(row.Pod.State is AttachmentState.Gone or AttachmentState.Leaked ? " !" : "")}")];
        return all.Length <= MaxPorts ? all : [.. all.Take(MaxPorts), $"and {all.Length - MaxPorts} more, at their pods"];
    }

    private static string Count(int pods) => pods == 1 ? "1 pod sends" : $"{pods} pods send";

    private static double UplinkWidth(HostDevice uplink) => 24 + Math.Max(
        Math.Max(SvgCanvas.WidthOf($"uplink {uplink.Name}, DOWN", 13), SvgCanvas.WidthOf(string.Join("  ", uplink.Addresses))),
        SvgCanvas.WidthOf($"outside, via {string.Join(" ", uplink.Gateways)}"));
}
