namespace CniPlugins.Nftables;

/// <summary>The protocols above IP that rules name (IANA's numbers).</summary>
internal enum Protocol : byte
{
    Icmp = 1,
    Tcp = 6,
    Udp = 17,
    Icmpv6 = 58,
    Sctp = 132,
}

/// <summary>The names of protocols.</summary>
internal static class ProtocolWords
{
    public static string Word(this Protocol protocol) => protocol switch
    {
        Protocol.Icmp => "icmp",
        Protocol.Tcp => "tcp",
        Protocol.Udp => "udp",
        Protocol.Icmpv6 => "ipv6-icmp",
        Protocol.Sctp => "sctp",
        _ => ((byte)protocol).ToString(),
    };
}
