using System.Text;
using CniPlugins.Ipam.Blocks.EtcdForm;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.Datastores.Local;

/// <summary>Calico's key layout as paths of files below a directory: <c>ROOT/ipam/v2/assignment/ipv4/block/10.0.0.0-26</c>.</summary>
internal sealed class LocalPath(string root)
{
    private const string Prefix = "/calico";

    /// <summary>The file of an object; a name that is no file's is written with %XX.</summary>
    public string Of(Key key) => key switch
    {
        HandleKey handle => root + Strip(EtcdPath.Of(new HandleKey(Escape(handle.Id)))),
        AffinityKey affinity => root + Strip(EtcdPath.Of(affinity with { Owner = affinity.Owner with { Name = Escape(affinity.Owner.Name) } })),
        PoolKey pool => root + Strip(EtcdPath.Of(new PoolKey(Escape(pool.Name)))),
        ReservationKey reservation => root + Strip(EtcdPath.Of(new ReservationKey(Escape(reservation.Name)))),
        NodeKey node => root + Strip(EtcdPath.Of(new NodeKey(Escape(node.Name)))),
        EndpointKey endpoint => root + Strip(EtcdPath.Of(new EndpointKey(Escape(endpoint.Namespace), Escape(endpoint.Name)))),
        ProfileKey profile => root + Strip(EtcdPath.Of(new ProfileKey(Escape(profile.Name)))),
        _ => root + Strip(EtcdPath.Of(key)),
    };

    /// <summary>The directory below which all objects of a scope are.</summary>
    public string Of(Scope scope) => root + Strip(EtcdPath.PrefixOf(
        scope is AffinitiesOf affinities ? affinities with { Owner = affinities.Owner with { Name = Escape(affinities.Owner.Name) } } : scope)).TrimEnd('/');

    /// <summary>The object in a file; null for a file that is none of ours.</summary>
    public Key? Parse(string path) => EtcdPath.Parse(Prefix + path[root.Length..]) switch
    {
        HandleKey handle => new HandleKey(Unescape(handle.Id)),
        AffinityKey affinity => affinity with { Owner = affinity.Owner with { Name = Unescape(affinity.Owner.Name) } },
        PoolKey pool => new PoolKey(Unescape(pool.Name)),
        ReservationKey reservation => new ReservationKey(Unescape(reservation.Name)),
        NodeKey node => new NodeKey(Unescape(node.Name)),
        EndpointKey endpoint => new EndpointKey(Unescape(endpoint.Namespace), Unescape(endpoint.Name)),
        var key => key,
    };

    private static string Strip(string path) => path[Prefix.Length..];

    private static string Escape(string name)
    {
        var clean = name.Length > 0 && name[0] != '.';
        foreach (var c in name)
            clean &= c is not ('/' or '%' or '\0');
        if (clean)
            return name;
        var text = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] is '/' or '%' or '\0' || (i == 0 && name[i] == '.'))
                text.Append('%').Append(((int)name[i]).ToString("X2"));
            else
                text.Append(name[i]);
        }

        return text.ToString();
    }

    private static string Unescape(string name) => name.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(name) : name;
}
