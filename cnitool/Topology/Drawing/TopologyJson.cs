using CniPlugins.Cni;

namespace CniPlugins.Cnitool.Topology.Drawing;

/// <summary>A topology as JSON: every key is always there, rates are bits per second, bursts bits (cnitool/README.md has the keys).</summary>
internal static class TopologyJson
{
    public static byte[] Write(HostTopology topology) => JsonText.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("host", topology.HostName);
        WriteList(writer, "uplinks", topology.Uplinks, WriteUplink);
        WriteList(writer, "bridges", topology.Bridges, WriteBridge);
        WriteList(writer, "attachments", topology.Attachments, WriteAttachment);
        WriteTexts(writer, "leftovers", topology.Leftovers);
        WriteTexts(writer, "problems", topology.Problems);
        WriteTexts(writer, "unread", topology.Unread);
        writer.WriteEndObject();
    });

    private static void WriteUplink(JsonWriter writer, HostDevice device)
    {
        writer.WriteString("name", device.Name);
        writer.WriteBoolean("up", device.IsUp);
        WriteTexts(writer, "addresses", device.Addresses);
        WriteTexts(writer, "gateways", device.Gateways);
    }

    private static void WriteBridge(JsonWriter writer, HostDevice device)
    {
        writer.WriteString("name", device.Name);
        writer.WriteBoolean("up", device.IsUp);
        WriteTexts(writer, "addresses", device.Addresses);
        WriteTexts(writer, "networks", device.Networks);
        WriteTexts(writer, "otherPorts", device.OtherPorts);
    }

    private static void WriteAttachment(JsonWriter writer, PodAttachment pod)
    {
        writer.WriteString("network", pod.Network);
        writer.WriteString("containerId", pod.ContainerId);
        writer.WriteString("ifName", pod.IfName);
        writer.WriteString("name", pod.Name);
        writer.WriteString("netns", pod.Netns);
        writer.WriteString("plugin", pod.Plugin);
        writer.WriteString("state", pod.State.ToString().ToLowerInvariant());
        writer.WriteString("hostInterface", pod.HostInterface);
        writer.WriteString("device", pod.Device);
        writer.WriteString("bridge", pod.Bridge);
        writer.WriteString("master", pod.Master);
        writer.WriteString("layer", pod.Layer);
        writer.WriteString("innerMaster", pod.InnerMaster);
        WriteTexts(writer, "addresses", pod.Addresses);
        WriteTexts(writer, "gateways", pod.Gateways);
        WriteTexts(writer, "hostRoutes", pod.HostRoutes);
        WriteList(writer, "ports", pod.Ports, WritePort);
        WriteLimit(writer, "ingress", pod.Ingress);
        WriteLimit(writer, "egress", pod.Egress);
        writer.WriteString("masquerade", pod.Masquerade);
        WriteTexts(writer, "problems", pod.Problems);
    }

    private static void WritePort(JsonWriter writer, PortForward port)
    {
        writer.WriteString("hostIP", port.HostIp?.ToString() ?? "");
        writer.WriteNumber("hostPort", port.HostPort);
        writer.WriteString("protocol", port.Protocol);
        writer.WriteNumber("containerPort", port.ContainerPort);
        writer.WriteString("backend", port.Backend);
    }

    private static void WriteLimit(JsonWriter writer, string name, RateLimit? limit)
    {
        if (limit is null)
        {
            writer.WritePropertyName(name);
            writer.WriteRawValue("null");
            return;
        }

        writer.WriteStartObject(name);
        writer.WritePropertyName("rate");
        writer.WriteRawValue($"{limit.BitsPerSecond}");
        writer.WritePropertyName("burst");
        writer.WriteRawValue($"{limit.BurstBits}");
        writer.WriteEndObject();
    }

    private static void WriteList<T>(JsonWriter writer, string name, IEnumerable<T> items, Action<JsonWriter, T> write)
    {
        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            writer.WriteStartObject();
            write(writer, item);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteTexts<T>(JsonWriter writer, string name, IEnumerable<T> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
            writer.WriteStringValue($"{value}");
        writer.WriteEndArray();
    }
}
