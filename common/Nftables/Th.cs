using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>th …, tcp …, udp …, sctp …: the first four bytes of the transport header are two ports in all of them.</summary>
internal readonly record struct Th(Protocol? Protocol)
{
    /// <summary>th: whatever the protocol is; the rule asks for it elsewhere.</summary>
    public static Th Any => new(null);

    public static Th Tcp => new(Nftables.Protocol.Tcp);

    public static Th Udp => new(Nftables.Protocol.Udp);

    public static Th Sctp => new(Nftables.Protocol.Sctp);

    /// <summary>tcp sport, th sport, …</summary>
    public PortField SourcePort => new(Protocol, 0, "sport");

    /// <summary>tcp dport, th dport, …</summary>
    public PortField DestinationPort => new(Protocol, 2, "dport");
}

/// <summary>tcp dport, th sport, …</summary>
internal sealed record PortField(Protocol? Protocol, int Offset, string Name) : Selector
{
    internal override string Words => $"{Protocol?.Word() ?? "th"} {Name}";

    /// <summary>tcp dport 80</summary>
    public Statement Is(ushort port) => Compare(NFT_CMP.EQ, Value.Port(port));

    /// <summary>tcp dport != 80</summary>
    public Statement IsNot(ushort port) => Compare(NFT_CMP.NEQ, Value.Port(port));

    internal override void Require(ref Expressions to)
    {
        if (Protocol is { } protocol)
            to.RequireTransport(protocol);
    }

    internal override void Load(ref Expressions to) => to.LoadPayload(NFT_PAYLOAD.TRANSPORT_HEADER, Offset, sizeof(ushort));
}
