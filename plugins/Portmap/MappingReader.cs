using CniPlugins.Cni;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Portmap;

/// <summary>Reads runtimeConfig.portMappings.</summary>
internal sealed class MappingReader(IReadOnlyList<ConfigObject>? items)
{
    /// <summary>Whether there is a list, even an empty one.</summary>
    public bool AreGiven => items is not null;

    /// <summary>All of them, or the exception made of what is wrong with the first that is wrong.</summary>
    public IReadOnlyList<PortMapping> Read(Func<string, CniException> invalid)
    {
        var mappings = new List<PortMapping>();
        foreach (var item in items ?? [])
        {
            if (Read(item, out var problem) is not { } mapping)
                throw invalid(problem);
            if (mappings.Find(mapping.Collides) is not null)
                throw invalid($"host port {mapping} is mapped twice");
            mappings.Add(mapping);
        }

        return mappings;
    }

    /// <summary>Those that ADD would have taken.</summary>
    public IReadOnlyList<PortMapping> ReadWhatMakesSense(out bool all)
    {
        var mappings = (items ?? []).Select(item => Read(item, out _)).OfType<PortMapping>().ToList();
        all = mappings.Count == (items?.Count ?? 0);
        return mappings;
    }

    private static PortMapping? Read(ConfigObject item, out string problem)
    {
        var container = item.Int("containerPort") ?? 0;
        var host = item.Int("hostPort") ?? 0;
        var protocol = item.String("protocol") ?? "";
        var address = item.String("hostIP") ?? "";
        var hostIp = default(IpAddress);
        Protocol? known = protocol.ToLowerInvariant() switch { "tcp" => Protocol.Tcp, "udp" => Protocol.Udp, "sctp" => Protocol.Sctp, _ => null };
        problem = container is <= 0 or > ushort.MaxValue ? $"Invalid container port number: {container}"
            : host is <= 0 or > ushort.MaxValue ? $"Invalid host port number: {host}"
            : known is null ? $"Invalid protocol \"{protocol}\" of host port {host}: it must be tcp, udp or sctp"
            : address.Length > 0 && !IpAddress.TryParse(address, out hostIp) ? $"Invalid hostIP \"{address}\" of host port {host}: not an IP address"
            : "";
        return problem.Length > 0
            ? null
            : new PortMapping((ushort)host, (ushort)container, known!.Value) { HostIp = address.Length > 0 ? hostIp : null };
    }
}
