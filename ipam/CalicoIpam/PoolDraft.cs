using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.Blocks.Pools;
using CniPlugins.Net;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>A pool as a person writes it, before it is one: in a configuration or on a command line.</summary>
internal static class PoolDraft
{
    /// <summary>A pool from texts; code 7 for what cannot be one, whatever other pools there are.</summary>
    /// <param name="name">Its name; empty takes one from the network.</param>
    /// <param name="cidr">Its network: 10.1.0.0/16.</param>
    /// <param name="blockSize">The prefix length of its blocks; null is 26, for IPv6 122.</param>
    /// <param name="nodeSelector">Which nodes may have blocks of it; null or empty is all.</param>
    public static IpPool Create(string name, string cidr, int? blockSize, string? nodeSelector)
    {
        var called = name.Length > 0 ? name : NameFor(cidr);
        if (!Cidr.TryParse(cidr, out var network))
            throw Invalid($"pool {called}: \"{cidr}\" is no network", "an address and a prefix length: 10.1.0.0/16");
        if (!IsName(called))
            throw Invalid($"pool {called}: that is no name", "lower-case letters, digits, - and ., beginning and ending with a letter or digit");
        var pool = new IpPool(new Metadata(called), network);
        pool = pool with { BlockSize = blockSize ?? pool.BlockSize, NodeSelector = nodeSelector is { Length: > 0 } ? nodeSelector : pool.NodeSelector };
        return PoolRules.Fault(pool, []) is { } fault ? throw Invalid(fault, "") : pool;
    }

    /// <summary>Code 7 when a pool of that name is there, when it overlaps with another, or when blocks of another size lie in it.</summary>
    public static void RequireRoom(IpPool pool, IReadOnlyList<IpPool> others, IEnumerable<Cidr> blocks)
    {
        if (others.FirstOrDefault(other => other.Name == pool.Name) is { } same)
            throw Invalid($"pool {pool.Name}: there is a pool of that name ({same.Cidr})", "");
        if (PoolRules.Fault(pool, others) is { } fault)
            throw Invalid(fault, "an address belongs to one pool, disabled ones included");
        foreach (var block in blocks.Where(block => PoolRules.Overlap(block, pool.Cidr) && block.PrefixLength != pool.BlockSize))
            throw Invalid($"pool {pool.Name}: block {block} of an earlier pool lies in {pool.Cidr}", $"use block size {block.PrefixLength}, or release what is in the block");
    }

    /// <summary>A name that nobody chose: 10.1.0.0/16 is 10-1-0-0-16, 2001:db8::/64 is 2001-db8---64.</summary>
    private static string NameFor(string cidr) => cidr.Replace('.', '-').Replace(':', '-').Replace('/', '-').ToLowerInvariant().TrimStart('-');

    /// <summary>A DNS subdomain (RFC 1123), as every object of Calico's is named.</summary>
    private static bool IsName(string name) =>
        name.Length is > 0 and <= 253 && char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1])
        && name.AsSpan().IndexOfAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-.") < 0;

    private static CniException Invalid(string problem, string hint) => new(CniErrorCode.InvalidNetworkConfig, problem, hint);
}
