using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>What a new pool must be like, among those that are there; upstream's API refuses the same.</summary>
internal static class PoolRules
{
    private static readonly Cidr[] LinkLocal = [Cidr.Parse("169.254.0.0/16"), Cidr.Parse("fe80::/10")];

    /// <summary>A pool from texts as a person writes them; code 7 for a network that is none, or a block size that cannot be.</summary>
    public static IpPool Create(string name, string cidr, int? blockSize)
    {
        if (!Cidr.TryParse(cidr, out var network))
            throw Invalid(name, $"\"{cidr}\" is no network", "an address and a prefix length: 10.1.0.0/16");
        if (network.Address != network.First)
            throw Invalid(name, $"{cidr} has host bits set", $"the network is {network.Network}");
        if (LinkLocal.FirstOrDefault(local => Overlap(local, network)) is { PrefixLength: > 0 } reserved)
            throw Invalid(name, $"{cidr} overlaps with link-local addresses ({reserved})", "");
        if (!IsName(name))
            throw Invalid(name, "a pool's name is lower-case letters, digits, - and ., beginning and ending with a letter or digit", "");
        var pool = new IpPool(new Metadata(name), network);
        if (blockSize is { } size)
            pool = pool with { BlockSize = size };
        var (least, most) = network.Address.IsV6 ? (116, 128) : (20, 32);
        if (pool.BlockSize < least || pool.BlockSize > most)
            throw Invalid(name, $"block size {pool.BlockSize} is outside its limits", $"{least} to {most} for {(network.Address.IsV6 ? "IPv6" : "IPv4")}");
        return pool.BlockSize >= network.PrefixLength ? pool
            : throw Invalid(name, $"{network} is smaller than a block of it (/{pool.BlockSize})", "set a larger blockSize, or take a larger network");
    }

    /// <summary>A pool's name that nobody chose: 10.1.0.0/16 is 10-1-0-0-16, 2001:db8::/64 is 2001-db8----64.</summary>
    public static string NameFor(string cidr)
    {
        var name = cidr.Replace('.', '-').Replace(':', '-').Replace('/', '-').ToLowerInvariant();
        return name.StartsWith('-') ? $"pool{name}" : name;
    }

    /// <summary>Code 7 when a pool of that name is there, when it overlaps with another, or when blocks of another size lie in it.</summary>
    public static void RequireRoom(IpPool pool, IEnumerable<IpPool> others, IEnumerable<Cidr> blocks)
    {
        foreach (var other in others)
        {
            if (other.Name == pool.Name)
                throw Invalid(pool.Name, $"there is a pool of that name ({other.Cidr})", "");
            if (Overlap(other.Cidr, pool.Cidr))
                throw Invalid(pool.Name, $"{pool.Cidr} overlaps with pool {other.Name} ({other.Cidr})", "an address belongs to one pool, disabled ones included");
        }

        foreach (var block in blocks.Where(block => Overlap(block, pool.Cidr) && block.PrefixLength != pool.BlockSize))
            throw Invalid(pool.Name, $"block {block} of an earlier pool lies in {pool.Cidr}", $"use blockSize {block.PrefixLength}, or release what is in the block");
    }

    private static bool Overlap(Cidr a, Cidr b) => a.Contains(b.First) || b.Contains(a.First);

    /// <summary>A DNS subdomain (RFC 1123), as every object of Calico's is named.</summary>
    private static bool IsName(string name) =>
        name.Length is > 0 and <= 253 && char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1])
        && name.AsSpan().IndexOfAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-.") < 0;

    private static CniException Invalid(string name, string problem, string hint) =>
        new(CniErrorCode.InvalidNetworkConfig, $"pool {(name.Length == 0 ? "without a name" : name)}: {problem}", hint);
}
