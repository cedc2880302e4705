using System.Globalization;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Attachment.Tables;

/// <summary>
/// set hairpin4_24 { type ipv4_addr . ipv4_addr . inet_proto . inet_service }: clients' networks of one prefix length,
/// and the ports at which they are hidden.
/// </summary>
/// <remarks>
/// The lengths in use have a set each, for the rule masks the client's address and looks it up: no intervals, which
/// would cost by their number.
/// </remarks>
internal sealed record HairpinSet(bool V6, bool Any, int Length)
{
    public Set Set => new(OwnTables.Inet, Prefix(V6, Any) + Length.ToString(CultureInfo.InvariantCulture), Key);

    /// <summary>Those of this layout.</summary>
    public static IReadOnlyList<HairpinSet> Among(IEnumerable<Set> sets) => [.. sets.Select(Of).OfType<HairpinSet>().Distinct()];

    /// <summary>Which one a set is, by its name; null when it is none.</summary>
    public static HairpinSet? Of(Set set)
    {
        foreach (var (v6, any) in new[] { (false, true), (false, false), (true, true), (true, false) })
        {
            var prefix = Prefix(v6, any);
            if (set.Table == OwnTables.Inet && set.Name.StartsWith(prefix, StringComparison.Ordinal)
                && int.TryParse(set.Name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length <= (v6 ? 128 : 32))
                return new HairpinSet(v6, any, length);
        }

        return null;
    }

    /// <summary>
    /// The element that hides a network's clients at the port that another element (of a port map) is for.
    /// </summary>
    public static Element For(Element port, Cidr client)
    {
        var set = new HairpinSet(client.Address.IsV6, port.Key.Values.Count == 2, client.PrefixLength).Set;
        return new Element(set, new Datum([Value.Of(client.First), .. port.Key.Values]));
    }

    /// <summary>
    /// The elements of this set that could go with one of a port map, whichever prefix length its pod's network has.
    /// </summary>
    public IEnumerable<Element> CouldGoWith(Element port)
    {
        if (port.Data is not { Values: [var pod, ..] } || (pod.Type == DataType.Ipv6Addr) != V6 || (port.Key.Values.Count == 2) != Any)
            yield break;
        yield return For(port, new Cidr(pod.Address, Length));
        if (!V6 && Length == PortTable.Loopback.PrefixLength)
            yield return For(port, PortTable.Loopback);
    }

    private IReadOnlyList<DataType> Key
    {
        get
        {
            var address = V6 ? DataType.Ipv6Addr : DataType.Ipv4Addr;
            return Any ? [address, DataType.InetProto, DataType.InetService] : [address, address, DataType.InetProto, DataType.InetService];
        }
    }

    private static string Prefix(bool v6, bool any) => $"hairpin{(v6 ? '6' : '4')}{(any ? "_any" : "")}_";
}
