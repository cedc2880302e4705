using CniPlugins.Digest;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Datastores.Kubernetes;

/// <summary>What objects are called in the API, where a name is a DNS subdomain.</summary>
internal static class ResourceName
{
    private const int Longest = 252;
    private const int DigestDigits = 11;

    public static string Of(Key key) => key switch
    {
        BlockKey block => Of(block.Cidr),
        AffinityKey affinity => Of(affinity),
        HandleKey handle => handle.Id.ToLowerInvariant(),
        SettingsKey or ClusterInformationKey => "default",
        PoolKey pool => pool.Name,
        ReservationKey reservation => reservation.Name,
        NodeKey node => node.Name,
        NamespaceKey space => space.Name,
        PodKey pod => pod.Name,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>10.0.0.0/26 is 10-0-0-0-26, fd80::/122 is fd80---122.</summary>
    private static string Of(Cidr cidr) => cidr.ToString().Replace('.', '-').Replace(':', '-').Replace('/', '-');

    /// <summary>The owner's name and the block's; of a name that is too long the end is a digest (libcalico-go: resources/ipam_affinity_v1.go, parseKey).</summary>
    private static string Of(AffinityKey key)
    {
        var (host, block) = (key.Owner.Name, Of(key.Cidr));
        var name = $"{host}-{block}";
        return name.Length <= Longest ? name
            : $"{host[..(Longest - block.Length - DigestDigits - 2)]}-{block}-{OpenSslDigest.Sha256Hex($"{host}+{block}")[..DigestDigits]}";
    }
}
