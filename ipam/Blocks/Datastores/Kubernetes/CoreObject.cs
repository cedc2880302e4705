using System.Text.Json;
using CniPlugins.Ipam.Blocks.EtcdForm;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.Datastores.Kubernetes;

/// <summary>Kubernetes' own objects, as far as they concern addresses.</summary>
internal static class CoreObject
{
    // Calico's labels of a node that are none to Kubernetes.
    private const string NodeLabels = "projectcalico.org/labels";

    public static Resource Read(Key key, Members members)
    {
        var metadata = Head(ResourceName.Of(key), members, out var annotations);
        return key switch
        {
            NodeKey => new ClusterNode(metadata with { Labels = LabelsOf(metadata.Labels, annotations) }),
            NamespaceKey => new ClusterNamespace(metadata, annotations),
            _ => ReadPod(metadata, annotations, members),
        };
    }

    private static ClusterPod ReadPod(Metadata metadata, IReadOnlyDictionary<string, string> annotations, Members members)
    {
        var pod = new ClusterPod(metadata, annotations);
        if (members.Object("spec") is { } spec)
        {
            pod = pod with
            {
                NodeName = spec.Text("nodeName"),
                IsOnHostNetwork = spec.Flag("hostNetwork"),
                ServiceAccount = spec.Text("serviceAccountName"),
                Ports = [.. Ports(spec.Array("containers")), .. Ports(spec.Array("initContainers"))],
            };
        }

        return members.Object("status") is { } status ? pod with { Addresses = AddressesOf(status) } : pod;
    }

    private static Metadata Head(string name, Members members, out IReadOnlyDictionary<string, string> annotations)
    {
        annotations = new Dictionary<string, string>();
        if (members.Object("metadata") is not { } metadata)
            return new Metadata(name);
        annotations = metadata.Texts("annotations") ?? annotations;
        return new Metadata(name)
        {
            Uid = metadata.Text("uid"),
            Labels = metadata.Texts("labels") ?? new Dictionary<string, string>(StringComparer.Ordinal),
            IsBeingDeleted = metadata.Peek("deletionTimestamp") is not null,
        };
    }

    /// <summary>Calico's labels below Kubernetes' own; an annotation that cannot be read is none.</summary>
    private static IReadOnlyDictionary<string, string> LabelsOf(IReadOnlyDictionary<string, string> own, IReadOnlyDictionary<string, string> annotations)
    {
        if (!annotations.TryGetValue(NodeLabels, out var json))
            return own;
        try
        {
            using var document = JsonDocument.Parse(json);
            var labels = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var label in document.RootElement.EnumerateObject())
                labels[label.Name] = label.Value.GetString() ?? "";
            foreach (var (name, value) in own)
                labels[name] = value;
            return labels;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return own;
        }
    }

    private static IEnumerable<ContainerPort> Ports(JsonElement? containers)
    {
        foreach (var container in containers?.EnumerateArray() ?? default)
        {
            foreach (var element in new Members(container, "spec.containers").Array("ports")?.EnumerateArray() ?? default)
            {
                var port = new Members(element, "spec.containers.ports");
                var (name, number, host) = (port.Text("name"), port.Number("containerPort"), port.Number("hostPort"));
                if (number != 0 && (name.Length > 0 || host != 0))
                    yield return new ContainerPort(name, port.Text("protocol") is { Length: > 0 } protocol ? protocol : "TCP", number, host, port.Text("hostIP"));
            }
        }
    }

    private static List<string> AddressesOf(Members status)
    {
        var addresses = new List<string>();
        foreach (var element in status.Array("podIPs")?.EnumerateArray() ?? default)
            addresses.Add(new Members(element, "status.podIPs").Text("ip"));
        if (addresses.Count == 0 && status.Text("podIP") is { Length: > 0 } only)
            addresses.Add(only);
        return addresses;
    }
}
