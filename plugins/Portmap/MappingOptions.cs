using CniPlugins.Cni.Options;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Portmap;

/// <summary>runtimeConfig.portMappings.</summary>
internal static class MappingOptions
{
    private const string Key = "portMappings";

    /// <summary>Whether there is a list, even an empty one.</summary>
    public static bool AreGiven(OptionReader options) => options.Section("runtimeConfig").Has(Key);

    /// <summary>All of them, each once; those that ADD would have taken where a refusal does not throw.</summary>
    public static IReadOnlyList<PortMapping> Read(OptionReader options, out bool all)
    {
        var read = options.Section("runtimeConfig").List(Key, "Ports of the host that lead to the pod.", ReadOne) ?? [];
        var mappings = read.OfType<PortMapping>().ToList();
        all = mappings.Count == read.Count;
        return Merge(mappings, again => options.Section("runtimeConfig").Refuse(Key, $"host port {again} is mapped twice"));
    }

    /// <summary>podman -p 8080:80 -p [::]:8080:80: those that say the same, for one family and for both, are one.</summary>
    private static List<PortMapping> Merge(IEnumerable<PortMapping> mappings, Action<PortMapping> refuse)
    {
        var merged = new List<PortMapping>();
        foreach (var atPort in mappings.GroupBy(mapping => (mapping.HostPort, mapping.Protocol)))
        {
            var kept = new List<PortMapping>();
            foreach (var mapping in atPort)
            {
                var same = kept.FindAll(mapping.Collides);
                if (same.Exists(other => other.ContainerPort != mapping.ContainerPort))
                    refuse(mapping);
                if (same.Exists(other => other.Covers(mapping)))
                    continue;
                kept.RemoveAll(same.Contains);
                kept.Add(mapping);
            }

            merged.AddRange(kept);
        }

        return merged;
    }

    private static PortMapping? ReadOne(OptionReader item)
    {
        var container = item.Int("containerPort", "The pod's port.");
        var host = item.Int("hostPort", "The host's port.");
        var protocol = item.Text("protocol", "`tcp`, `udp` or `sctp`.");
        var address = item.Text("hostIP", "The host's address that the port is for; when absent, `0.0.0.0` or `::`, any.");
        var hostIp = default(IpAddress);
        Protocol? known = protocol.ToLowerInvariant() switch { "tcp" => Protocol.Tcp, "udp" => Protocol.Udp, "sctp" => Protocol.Sctp, _ => null };
        if (container is <= 0 or > ushort.MaxValue)
            item.Refuse("containerPort", $"Invalid container port number: {container}");
        else if (host is <= 0 or > ushort.MaxValue)
            item.Refuse("hostPort", $"Invalid host port number: {host}");
        else if (known is null)
            item.Refuse("protocol", $"Invalid protocol \"{protocol}\" of host port {host}: it must be tcp, udp or sctp");
        else if (address.Length > 0 && !IpAddress.TryParse(address, out hostIp))
            item.Refuse("hostIP", $"Invalid hostIP \"{address}\" of host port {host}: not an IP address");
        else
            return new PortMapping((ushort)host, (ushort)container, known.Value) { HostIp = address.Length > 0 ? hostIp : null };
        return null;
    }
}
