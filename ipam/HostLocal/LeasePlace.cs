using CniPlugins.Cni;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>Where a network's reservations are: upstream's directory, and the index beside it.</summary>
/// <remarks>No network can be called <c>.index</c>: names begin with a letter or digit.</remarks>
internal sealed record LeasePlace(string DataDir, string Network)
{
    private const string Default = "/var/lib/cni/networks";

    /// <summary>The directory that upstream's plugin shares with us.</summary>
    public string Directory => Path.Combine(DataDir, Network);

    /// <summary>The directory of our own.</summary>
    public string Index => Path.Combine(DataDir, ".index", Network);

    public string Lock => Path.Combine(Directory, "lock");

    public string PathOf(string file) => Path.Combine(Directory, file);

    /// <summary>The little that DEL, CHECK and GC need to know; a configuration whose ranges became invalid must not keep an address for ever.</summary>
    public static LeasePlace Of(Request request) =>
        new(request.Conf.Root.Object("ipam")?.String("dataDir") is { Length: > 0 } directory ? directory : Default, request.Network);
}
