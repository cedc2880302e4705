using System.Globalization;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.EtcdForm;

/// <summary>Calico's key layout in etcd (and in the files of the local datastore), both ways.</summary>
internal static class EtcdPath
{
    private const string Ipam = "/calico/ipam/v2/";
    private const string Resources = "/calico/resources/v3/projectcalico.org/";
    private const string Blocks = Ipam + "assignment/";
    private const string Handles = Ipam + "handle/";
    private const string Settings = Ipam + "config";
    private const string Pools = Resources + "ippools/";
    private const string Reservations = Resources + "ipreservations/";
    private const string Nodes = Resources + "nodes/";
    private const string Endpoints = Resources + "workloadendpoints/";
    private const string Profiles = Resources + "profiles/";
    private const string Information = Resources + "clusterinformations/default";

    /// <summary>Where an object is kept: <c>/calico/ipam/v2/assignment/ipv4/block/10.0.0.0-26</c>.</summary>
    public static string Of(Key key) => key switch
    {
        BlockKey block => Blocks + Block(block.Cidr),
        AffinityKey affinity => $"{Ipam}{affinity.Owner.TypeText}/{affinity.Owner.Name}/{Block(affinity.Cidr)}",
        HandleKey handle => Handles + handle.Id,
        SettingsKey => Settings,
        PoolKey pool => Pools + pool.Name,
        ReservationKey reservation => Reservations + reservation.Name,
        NodeKey node => Nodes + node.Name,
        ClusterInformationKey => Information,
        EndpointKey endpoint => $"{Endpoints}{endpoint.Namespace}/{endpoint.Name}",
        ProfileKey profile => Profiles + profile.Name,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>What the keys of a scope begin with; it ends with a slash.</summary>
    public static string PrefixOf(Scope scope) => scope switch
    {
        AllBlocks blocks => Blocks + Family(blocks.IsV6),
        AffinitiesOf of => $"{Ipam}{of.Owner.TypeText}/{of.Owner.Name}/{Family(of.IsV6)}",
        AllAffinities all => $"{Ipam}{new BlockOwner(all.Type, "").TypeText}/",
        AllHandles => Handles,
        AllPools => Pools,
        AllReservations => Reservations,
        AllNodes => Nodes,
        AllEndpoints => Endpoints,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The object that is kept there; null for a path that is none of ours.</summary>
    public static Key? Parse(string path)
    {
        if (path == Settings)
            return new SettingsKey();
        if (path == Information)
            return new ClusterInformationKey();
        if (After(path, Blocks) is { } block)
            return Block(block) is { } cidr ? new BlockKey(cidr) : null;
        if (After(path, Handles) is { Length: > 0 } handle)
            return new HandleKey(handle);
        if (After(path, Pools) is { Length: > 0 } pool)
            return new PoolKey(pool);
        if (After(path, Reservations) is { Length: > 0 } reservation)
            return new ReservationKey(reservation);
        if (After(path, Nodes) is { Length: > 0 } node)
            return new NodeKey(node);
        if (After(path, Endpoints) is { } endpoint)
            return endpoint.Split('/') is [{ Length: > 0 } space, { Length: > 0 } name] ? new EndpointKey(space, name) : null;
        return After(path, Ipam) is { } rest ? Affinity(rest) : null;
    }

    /// <summary><c>host/node-a/ipv4/block/10.0.0.0-26</c>.</summary>
    private static AffinityKey? Affinity(string path)
    {
        var type = path.StartsWith("host/", StringComparison.Ordinal) ? AffinityType.Host
            : path.StartsWith("virtual/", StringComparison.Ordinal) ? AffinityType.Virtual
            : (AffinityType?)null;
        if (type is not { } known)
            return null;
        var name = path[(path.IndexOf('/', StringComparison.Ordinal) + 1)..];
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && Block(name[(slash + 1)..]) is { } cidr ? new AffinityKey(new BlockOwner(known, name[..slash]), cidr) : null;
    }

    private static string Block(Cidr cidr) => $"{Family(cidr.Address.IsV6)}{cidr.First}-{cidr.PrefixLength.ToString(CultureInfo.InvariantCulture)}";

    private static Cidr? Block(string text)
    {
        var dash = text.LastIndexOf('-');
        var rest = After(text, Family(false)) ?? After(text, Family(true));
        return dash > 0 && rest is not null && Cidr.TryParse($"{rest.AsSpan(0, rest.Length - (text.Length - dash))}/{text.AsSpan(dash + 1)}", out var cidr)
            ? cidr.Network
            : null;
    }

    private static string Family(bool? isV6) => isV6 switch { null => "", true => "ipv6/block/", false => "ipv4/block/" };

    private static string? After(string text, string prefix) => text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : null;
}
