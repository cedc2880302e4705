using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.EtcdForm;

/// <summary>Endpoints and profiles as Calico's etcd datastore keeps them.</summary>
internal static class EndpointJson
{
    public static WorkloadEndpoint Read(string name, Members members)
    {
        var metadata = ResourceJson.ReadHead(name, members);
        var spec = members.Object("spec") ?? throw new FormatException("spec is missing");
        var endpoint = new WorkloadEndpoint(metadata)
        {
            Orchestrator = spec.Text("orchestrator"),
            Node = spec.Text("node"),
            ContainerId = spec.Text("containerID"),
            Pod = spec.Text("pod"),
            Interface = spec.Text("endpoint"),
            ServiceAccount = spec.Text("serviceAccountName"),
            Networks = spec.TextList("ipNetworks"),
            Nats = [.. Objects(spec, "ipNATs").Select(nat => (nat.Text("internalIP"), nat.Text("externalIP")))],
            Profiles = spec.TextList("profiles"),
            HostInterface = spec.Text("interfaceName"),
            Mac = spec.Text("mac"),
            Ports = [.. Objects(spec, "ports").Select(port => new ContainerPort(port.Text("name"), port.Take("protocol")?.ToString() ?? "", port.Number("port"), port.Number("hostPort"), port.Text("hostIP")))],
            AllowedSources = spec.TextList("allowSpoofedSourcePrefixes"),
        };
        return endpoint with { SpecExtra = spec.Rest(), Extra = members.Rest() };
    }

    public static void Write(WorkloadEndpoint endpoint, JsonWriter json)
    {
        ResourceJson.WriteHead("WorkloadEndpoint", endpoint.Metadata, json, endpoint.Namespace);
        json.WriteStartObject("spec");
        json.WriteUnlessEmpty("orchestrator", endpoint.Orchestrator);
        json.WriteUnlessEmpty("node", endpoint.Node);
        json.WriteUnlessEmpty("containerID", endpoint.ContainerId);
        json.WriteUnlessEmpty("pod", endpoint.Pod);
        json.WriteUnlessEmpty("endpoint", endpoint.Interface);
        json.WriteUnlessEmpty("serviceAccountName", endpoint.ServiceAccount);
        json.WriteUnlessEmpty("ipNetworks", endpoint.Networks);
        WriteNats(endpoint.Nats, json);
        json.WriteUnlessEmpty("profiles", endpoint.Profiles);
        json.WriteUnlessEmpty("interfaceName", endpoint.HostInterface);
        json.WriteUnlessEmpty("mac", endpoint.Mac);
        WritePorts(endpoint.Ports, json);
        json.WriteUnlessEmpty("allowSpoofedSourcePrefixes", endpoint.AllowedSources);
        EtcdJson.WriteRest(endpoint.SpecExtra, json);
        json.WriteEndObject();
        EtcdJson.WriteRest(endpoint.Extra, json);
        json.WriteEndObject();
    }

    public static NetworkProfile ReadProfile(string name, Members members)
    {
        var metadata = ResourceJson.ReadHead(name, members);
        return new NetworkProfile(metadata, AllowsEverybody: false) { Extra = members.Rest() };
    }

    /// <summary>All may leave; in come those who carry the network's label, or, for Kubernetes, all (cni-plugin: dataplane, profile of a network).</summary>
    public static void Write(NetworkProfile profile, JsonWriter json)
    {
        ResourceJson.WriteHead("Profile", profile.Metadata, json);
        json.WriteStartObject("spec");
        WriteRule("ingress", profile.AllowsEverybody ? "" : $"has({profile.Metadata.Name})", json);
        WriteRule("egress", "", json);
        EtcdJson.WriteTexts("labelsToApply", new Dictionary<string, string> { [profile.Metadata.Name] = "" }, json);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteRule(string direction, string selector, JsonWriter json)
    {
        json.WriteStartArray(direction);
        json.WriteStartObject();
        json.WriteString("action", "Allow");
        json.WriteStartObject("source");
        json.WriteUnlessEmpty("selector", selector);
        json.WriteEndObject();
        json.WriteStartObject("destination");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteNats(IReadOnlyList<(string Internal, string External)> nats, JsonWriter json)
    {
        if (nats.Count == 0)
            return;
        json.WriteStartArray("ipNATs");
        foreach (var (own, external) in nats)
        {
            json.WriteStartObject();
            json.WriteString("internalIP", own);
            json.WriteString("externalIP", external);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WritePorts(IReadOnlyList<ContainerPort> ports, JsonWriter json)
    {
        if (ports.Count == 0)
            return;
        json.WriteStartArray("ports");
        foreach (var port in ports)
        {
            json.WriteStartObject();
            json.WriteString("name", port.Name);
            json.WriteString("protocol", port.Protocol);
            json.WriteNumber("port", port.Port);
            json.WriteNumber("hostPort", port.HostPort);
            json.WriteString("hostIP", port.HostAddress);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static IEnumerable<Members> Objects(Members spec, string name)
    {
        foreach (var element in spec.Array(name)?.EnumerateArray() ?? default)
            yield return new Members(element, name);
    }
}
