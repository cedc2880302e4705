using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>A rule that the kernel has; only listing makes one, so nobody deletes what they have not seen.</summary>
internal sealed class Rule
{
    internal Rule(Chain chain, ulong handle)
    {
        Chain = chain;
        Handle = handle;
    }

    public Chain Chain { get; }

    public ulong Handle { get; }

    public string? Comment { get; internal init; }

    /// <summary>Bytes that the kernel keeps for us and nft ignores.</summary>
    public byte[]? Private { get; internal init; }

    /// <summary>The chain that its first jump or goto leads to.</summary>
    public string? Target { get; internal init; }

    /// <summary>ip saddr, ip6 saddr: the one address that its packets come from.</summary>
    public IpAddress? Source { get; internal init; }

    /// <summary>ip daddr, ip6 daddr: the one address that its packets go to.</summary>
    public IpAddress? Destination { get; internal init; }

    /// <summary>tcp dport, meta l4proto tcp, ip protocol tcp: the one protocol of its packets.</summary>
    public Protocol? Protocol { get; internal init; }

    /// <summary>tcp dport, udp dport, th dport: the one port that its packets go to.</summary>
    public ushort? Port { get; internal init; }

    /// <summary>dnat to: the address that it gives its packets.</summary>
    public IpAddress? LeadsTo { get; internal init; }

    /// <summary>
    /// Whether it could let a packet pass whose connection nobody knows yet; ct state established accept does not.
    /// </summary>
    public bool MayAcceptNew { get; internal init; }

    public override string ToString() => $"rule {Chain.Path} handle {Handle}";

    /// <summary>What the kernel tells about a rule.</summary>
    internal static Rule Read(NetlinkReply reply, Chain chain)
    {
        ulong handle = 0;
        var (comment, @private) = ((string?)null, (byte[]?)null);
        var terms = default(RuleTerms);
        foreach (var attribute in reply.Attributes<NFTA_RULE, nfgenmsg>())
        {
            switch (attribute.Type)
            {
                case NFTA_RULE.HANDLE:
                    handle = attribute.UInt64Net;
                    break;
                case NFTA_RULE.USERDATA:
                    (comment, @private) = Userdata.Read(attribute.Bytes);
                    break;
                case NFTA_RULE.EXPRESSIONS:
                    terms = RuleTerms.Read(attribute.Nested<NFTA_LIST>());
                    break;
            }
        }

        return new Rule(chain, handle)
        {
            Comment = comment, Private = @private, Target = terms.Target, Source = terms.Source, Destination = terms.Destination, Protocol = terms.Protocol,
            Port = terms.Port,
            LeadsTo = terms.LeadsTo,
            MayAcceptNew = terms is { MayAccept: true, AsksConnection: false },
        };
    }
}
