using CniPlugins.Digest;
using CniPlugins.Nftables;

namespace CniPlugins.Attachment;

/// <summary>
/// What upstream's portmap calls its objects (plugins/meta/portmap/chain.go, portmap_nftables.go); ours in iptables'
/// form have the same names.
/// </summary>
internal static class HostPortNames
{
    /// <summary>The chain of iptables' nat that leads to those of pods.</summary>
    public const string Entry = "CNI-HOSTPORT-DNAT";

    /// <summary>The same in releases before 0.7.</summary>
    public const string OldEntry = "CNI-HOSTPORT-SNAT";

    /// <summary>What the names of pods' chains begin with.</summary>
    public const string ChainPrefix = "CNI-DN-";

    /// <summary>The chains of <see cref="Table"/> whose rules lead ports to pods.</summary>
    public static readonly IReadOnlyList<string> PortChains = ["hostports", "hostip_hostports"];

    /// <summary>The one whose rules hide clients.</summary>
    public const string Masquerading = "masquerading";

    /// <summary>Where upstream's nft form keeps its rules, each with the container's ID as its comment.</summary>
    public static Table Table(Family family) => new(family, "cni_hostport");

    /// <summary>The chain of a container in a network: <c>CNI-DN-</c> and 21 hexadecimal digits.</summary>
    public static string Chain(string network, string containerId) => $"{ChainPrefix}{Suffix(network, containerId)}";

    /// <summary>The same in releases before 0.7.</summary>
    public static string OldChain(string network, string containerId) => $"CNI-SN-{Suffix(network, containerId)}";

    private static string Suffix(string network, string containerId) => Sha512.Hex(network + containerId)[..21];
}
