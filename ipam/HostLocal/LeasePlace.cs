using CniPlugins.Cni;
using CniPlugins.Cni.Options;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>Where a network's reservations are: upstream's directory, and the index beside it.</summary>
/// <remarks>No network can be called <c>.index</c>: names begin with a letter or digit.</remarks>
internal sealed record LeasePlace(string DataDir, string Network)
{
    /// <summary>The directory that upstream's plugin shares with us.</summary>
    public string Directory => Path.Combine(DataDir, Network);

    /// <summary>The directory of our own.</summary>
    public string Index => Path.Combine(DataDir, ".index", Network);

    public string Lock => Path.Combine(Directory, "lock");

    public string PathOf(string file) => Path.Combine(Directory, file);

    /// <summary>The little that DEL, CHECK and GC need to know; a configuration whose ranges became invalid must not keep an address for ever.</summary>
    public static LeasePlace Of(Request request) =>
        new(HostLocalConfig.ReadDataDir(new OptionReader(request.Conf.Root)), request.Network);
}
