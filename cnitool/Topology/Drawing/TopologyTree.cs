namespace CniPlugins.Cnitool.Topology.Drawing;

/// <summary>A topology as a tree of lines for a terminal.</summary>
internal sealed class TopologyTree(TextWriter output, bool colour)
{
    private const string Bold = "1";
    private const string Red = "31";
    private const string Yellow = "33";
    private const string Cyan = "36";
    private const string Dim = "2";

    public void Write(HostTopology topology)
    {
        output.WriteLine(Paint(Bold, $"host {Clean(topology.HostName)}"));
        Node[] nodes =
        [
            .. topology.Uplinks.Select(Uplink),
            .. PodGroup.Of(topology).Select(Group),
            .. List("leftovers: in the kernel, and whose they are nobody knows", topology.Leftovers, Yellow),
            .. List("problems", topology.Problems, Red),
            .. List("not read, so the picture is incomplete", topology.Unread, Yellow),
        ];
        WriteNodes(nodes, "");
        if (nodes.Length == 0)
            output.WriteLine("└─ nothing of CNI's, and no uplink");
        else if (!topology.Drawn.Any())
            output.WriteLine("no attachments");
    }

    private Node Uplink(HostDevice device) => new(Join(
        Paint(Cyan, $"uplink {device.Name}"), Down(device), string.Join(' ', device.Addresses), device.Gateways.Count > 0 ? $"default via {string.Join(' ', device.Gateways)}" : ""));

    private Node Group(PodGroup group)
    {
        var title = group.Kind switch
        {
            GroupKind.Gone => Paint(Red, group.Title),
            GroupKind.Remains => Paint(Yellow, group.Title),
            _ => Paint(Cyan, group.Title),
        };
        if (group.Bridge is not { } bridge)
            return new(title, [.. group.Pods.Select(Pod)]);
        var networks = bridge.Networks.Count > 0 ? $"network {string.Join(", ", bridge.Networks)}" : group.Pods.Count == 0 ? "no pods" : "";
        var others = bridge.OtherPorts.Count > 0 ? [new Node(Paint(Dim, $"other ports: {string.Join(' ', bridge.OtherPorts)}"))] : Array.Empty<Node>();
        return new(Join(title, Down(bridge), string.Join(' ', bridge.Addresses), networks), [.. group.Pods.Select(Pod), .. others]);
    }

    private Node Pod(PodAttachment pod)
    {
        var mark = pod.State switch
        {
            AttachmentState.Gone => Paint(Red, "DEAD"),
            AttachmentState.Leaked => Paint(Yellow, "LEAKED"),
            AttachmentState.Unread => Paint(Dim, "not looked at"),
            _ => "",
        };
        var link = pod.Device.Length > 0 ? $"{pod.Device} ⇒ {pod.IfName}"
            : pod.HostInterface.Length == 0 ? pod.IfName : pod.IfName.Length == 0 ? pod.HostInterface : $"{pod.HostInterface} ── {pod.IfName}";
        return new(
            Join(Paint(Bold, Clean(pod.Name)), mark, link, string.Join(' ', pod.Addresses), pod.Gateways.Count > 0 ? $"via {string.Join(' ', pod.Gateways)}" : ""),
            [
                .. Detail(Paint(Dim, Clean(Join(
                    pod.Network.Length > 0 ? $"network {pod.Network}" : "", pod.ContainerId.Length > 0 ? $"container {pod.ShortId}" : "", pod.Netns)))),
                .. Detail(Join(pod.Layer, pod.InnerMaster.Length > 0 ? $"in {pod.InnerMaster}" : "")),
                .. Detail(pod.HostRoutes.Count > 0 ? $"routes of the host to it: {string.Join(' ', pod.HostRoutes)}" : ""),
                .. pod.Ports.Select(port => new Node($"port {port}{(port.Backend is "" or "nftables" ? "" : $" ({port.Backend})")}")),
                .. Detail(Join(
                    pod.Ingress is { } ingress ? $"limit in {ingress}" : "",
                    pod.Egress is { } egress ? $"limit out {egress}" : "",
                    pod.Masquerade is "nftables" ? "masquerade" : pod.Masquerade.Length > 0 ? $"masquerade ({pod.Masquerade})" : "")),
                .. pod.Problems.Select(problem => new Node(Paint(pod.State is AttachmentState.Leaked ? Yellow : Red, $"! {Clean(problem)}"))),
            ]);
    }

    private static IEnumerable<Node> Detail(string text) => text.Length > 0 ? [new Node(text)] : [];

    private IEnumerable<Node> List(string title, IReadOnlyList<string> lines, string paint) =>
        lines.Count == 0 ? [] : [new Node(Paint(paint, title), [.. lines.Select(line => new Node(Clean(line)))])];

    private string Down(HostDevice device) => device.IsUp ? "" : Paint(Red, "DOWN");

    private void WriteNodes(IReadOnlyList<Node> nodes, string indent)
    {
        foreach (var (node, index) in nodes.Select((node, index) => (node, index)))
        {
            var isLast = index == nodes.Count - 1;
            output.WriteLine($"{indent}{(isLast ? "└─ " : "├─ ")}{node.Text}");
            WriteNodes(node.Below, $"{indent}{(isLast ? "   " : "│  ")}");
        }
    }

    private static string Join(params string[] parts) => string.Join("  ", parts.Where(part => part.Length > 0));

    private string Paint(string code, string text) => colour && text.Length > 0 ? $"\e[{code}m{text}\e[0m" : text;

    /// <summary>What others wrote must not move the cursor.</summary>
    private static string Clean(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));

    private sealed record Node(string Text, params IReadOnlyList<Node> Below);
}
