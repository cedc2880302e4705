using System.Globalization;
using CniPlugins.Cni;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Portmap;

/// <summary>conditionsV4 and conditionsV6 in nft's words: what a packet must be like for a mapping to count.</summary>
/// <remarks>
/// The words that are understood: <c>ip saddr</c>, <c>ip daddr</c> (in conditionsV6 <c>ip6 …</c>) with an address or a network, <c>iifname</c> with a name,
/// <c>tcp|udp|sctp|th sport</c> with a port, <c>meta mark</c> with a number; each with <c>!=</c> or <c>==</c> in front of the value if need be.
/// </remarks>
internal sealed class Conditions
{
    private readonly string _option;
    private readonly bool _v6;
    private readonly Queue<string> _words;

    private Conditions(PortmapConfig config, bool v6)
    {
        _option = v6 ? "conditionsV6" : "conditionsV4";
        _v6 = v6;
        _words = new Queue<string>(Words(config, v6));
    }

    /// <summary>Whether there are any for a family.</summary>
    public static bool Are(PortmapConfig config, bool v6) => Words(config, v6).Any();

    /// <summary>The statements; code 7 for words that are not understood.</summary>
    public static IReadOnlyList<Statement> Parse(PortmapConfig config, bool v6)
    {
        var conditions = new Conditions(config, v6);
        var statements = new List<Statement>();
        while (conditions._words.Count > 0)
            statements.Add(conditions.ParseOne());
        return statements;
    }

    private static IEnumerable<string> Words(PortmapConfig config, bool v6) =>
        config.Conditions(v6).SelectMany(text => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private Statement ParseOne()
    {
        var subject = Next();
        switch (subject)
        {
            case "ip" when !_v6:
            case "ip6" when _v6:
                var field = Next() switch
                {
                    "saddr" => new Ip(_v6).Source,
                    "daddr" => new Ip(_v6).Destination,
                    var other => throw Unknown($"{subject} {other}"),
                };
                return Sign() ? field.IsNot(Network()) : field.Is(Network());
            case "iifname":
                return Sign() ? Meta.IifName.IsNot(Name()) : Meta.IifName.Is(Name());
            case "tcp" or "udp" or "sctp" or "th":
                if (Next() is var port and not "sport")
                    throw Unknown($"{subject} {port}");
                var source = (subject switch { "tcp" => Th.Tcp, "udp" => Th.Udp, "sctp" => Th.Sctp, _ => Th.Any }).SourcePort;
                return Sign() ? source.IsNot((ushort)Number(ushort.MaxValue)) : source.Is((ushort)Number(ushort.MaxValue));
            case "meta":
                if (Next() is var key and not "mark")
                    throw Unknown($"{subject} {key}");
                return Sign() ? Meta.Mark.IsNot(Number(uint.MaxValue), uint.MaxValue) : Meta.Mark.Is(Number(uint.MaxValue));
            default:
                throw Unknown(subject);
        }
    }

    /// <summary>Whether the comparison is turned round.</summary>
    private bool Sign()
    {
        if (!_words.TryPeek(out var word) || word is not ("!=" or "=="))
            return false;
        _ = _words.Dequeue();
        return word == "!=";
    }

    private Cidr Network()
    {
        var text = Next();
        var network = IpAddress.TryParse(text, out var address) ? Cidr.Host(address) : Cidr.TryParse(text, out var cidr) ? cidr : throw Unknown(text);
        return network.Address.IsV6 == _v6 ? network : throw Unknown(text);
    }

    private string Name()
    {
        var text = Next().Trim('"');
        return IfName.TryParse(text, out _, out _) is not null ? text : throw Unknown(text);
    }

    private uint Number(uint most)
    {
        var text = Next();
        var isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return uint.TryParse(isHex ? text.AsSpan(2) : text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number <= most ? number : throw Unknown(text);
    }

    private string Next() => _words.TryDequeue(out var word) ? word : throw Unknown("its end");

    private CniException Unknown(string words) => new(
        CniErrorCode.InvalidNetworkConfig,
        $"{_option}: \"{words}\" is not understood",
        $"understood are {(_v6 ? "ip6" : "ip")} saddr, {(_v6 ? "ip6" : "ip")} daddr, iifname, tcp|udp|sctp|th sport and meta mark, each with == or != and one value; "
        + "for others give iptables arguments, which choose the iptables backend");
}
