namespace CniPlugins.Cnitool.Topology.Drawing;

/// <summary>What the shapes mean: only those that are in the drawing.</summary>
internal static class Legend
{
    private const double LineHeight = 24;

    public static double Draw(SvgCanvas canvas, HostTopology topology, double x, double y, double width)
    {
        var left = x;
        foreach (var (text, draw) in Entries(topology))
        {
            var needed = 28 + SvgCanvas.WidthOf(text, 11) + 18;
            if (left > x && left + needed > x + width)
                (left, y) = (x, y + LineHeight);
            draw(canvas, new Box(left, y - 11, 20, 14));
            canvas.Text(left + 26, y, text, Palette.Muted, 11);
            left += needed;
        }

        return y + 6;
    }

    private static IEnumerable<(string Text, Action<SvgCanvas, Box> Draw)> Entries(HostTopology topology)
    {
        var pods = topology.Drawn.ToList();
        if (topology.Uplinks.Count > 0)
            yield return ("uplink", Bar(Palette.Uplink));
        if (topology.Bridges.Count > 0)
            yield return ("bridge", Bar(Palette.Bridge));
        if (pods.Exists(pod => pod.Bridge.Length == 0 && pod.HostInterface.Length > 0))
            yield return ("routed", Bar(Palette.Routed));
        if (pods.Exists(pod => pod.State is AttachmentState.Attached))
            yield return ("pod", Pod(AttachmentState.Attached));
        if (pods.Exists(pod => pod.State is AttachmentState.Gone))
            yield return ("dead pod: only in the cache", Pod(AttachmentState.Gone));
        if (pods.Exists(pod => pod.State is AttachmentState.Leaked))
            yield return ("leak: only in the kernel", Pod(AttachmentState.Leaked));
        if (pods.Exists(pod => pod.State is AttachmentState.Unread))
            yield return ("not looked at", Pod(AttachmentState.Unread));
        if (pods.Exists(pod => pod.HostInterface.Length > 0))
            yield return ("veth, named by its end on the host", (canvas, box) => canvas.Line(Palette.Line, 1.5, false, (box.X, box.Y + 7), (box.Right, box.Y + 7)));
        if (pods.Exists(pod => pod.Ports.Count > 0))
            yield return ("host port → port of the pod", Chip(Palette.Port));
        if (pods.Exists(pod => pod.Ingress is not null || pod.Egress is not null))
            yield return ("rate limit into, out of the pod", Chip(Palette.Limit));
        if (pods.Exists(pod => pod.Masquerade.Length > 0))
            yield return ("masquerade", Chip(Palette.Masquerade));
    }

    private static Action<SvgCanvas, Box> Bar(string colour) => (canvas, box) => canvas.Rect(box, colour, radius: 3);

    private static Action<SvgCanvas, Box> Chip((string Fill, string Stroke, string Text) colours) => (canvas, box) => canvas.Rect(box, colours.Fill, colours.Stroke, radius: 7);

    private static Action<SvgCanvas, Box> Pod(AttachmentState state) => (canvas, box) =>
        canvas.Rect(box, Palette.Pod(state).Fill, Palette.Pod(state).Stroke, radius: 3, dashed: Palette.Pod(state).Dashed);
}
