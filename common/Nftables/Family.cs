using CniPlugins.Netlink.Uapi;

namespace CniPlugins.Nftables;

/// <summary>Which packets a table sees: <c>inet</c> is IPv4 and IPv6, <c>bridge</c> the frames that a bridge passes on.</summary>
internal enum Family : byte
{
    Inet = NFPROTO.INET,
    Ip = NFPROTO.IPV4,
    Ip6 = NFPROTO.IPV6,
    Bridge = NFPROTO.BRIDGE,
}

/// <summary>The names of families.</summary>
internal static class FamilyWords
{
    public static string Word(this Family family) => family switch
    {
        Family.Inet => "inet",
        Family.Ip => "ip",
        Family.Ip6 => "ip6",
        _ => "bridge",
    };
}
