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
internal sealed record HairpinSet(PortMap Ports, int Length)
{
    private static readonly PortMap[] Kinds = [new(false, true), new(false, false), new(true, true), new(true, false)];

    public Set Set => new(OwnTables.Inet, $"{Prefix(Ports)}{Length}{PortMap.Suffix(Ports.Turn)}", [Address, .. Ports.Set.Key]);

    /// <summary>Those of this layout.</summary>
    public static IReadOnlyList<HairpinSet> Among(IEnumerable<Set> sets) =>
        [.. sets.Select(Of).OfType<HairpinSet>().Distinct()];

    /// <summary>Which one a set is, by its name; null when it is none.</summary>
    public static HairpinSet? Of(Set set)
    {
        foreach (var kind in Kinds)
        {
            var prefix = Prefix(kind);
            if (set.Table != OwnTables.Inet || !set.Name.StartsWith(prefix, StringComparison.Ordinal))
                continue;
            var digits = set.Name.AsSpan(prefix.Length);
            var end = digits.IndexOf('_') is var mark and >= 0 ? mark : digits.Length;
            if (int.TryParse(digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                && length <= (kind.V6 ? 128 : 32) && PortMap.TurnOf($"{digits[end..]}") is { } turn)
                return new HairpinSet(kind with { Turn = turn }, length);
        }

        return null;
    }

    /// <summary>
    /// The element that hides a network's clients at the port that another element (of a port map) is for.
    /// </summary>
    public static Element For(PortMap map, Element port, Cidr client)
    {
        var set = new HairpinSet(map, client.PrefixLength).Set;
        return new Element(set, new Datum([Value.Of(client.First), .. port.Key.Values]));
    }

    /// <summary>
    /// The elements of this set that could go with one of a port map, whichever prefix length its pod's network has.
    /// </summary>
    public IEnumerable<Element> CouldGoWith(Element port)
    {
        if (port.Data is not { Values: [var pod, ..] } || PortMap.Of(port.Set) != Ports)
            yield break;
        yield return For(Ports, port, new Cidr(pod.Address, Length));
        if (!Ports.V6 && Length == PortTable.Loopback.PrefixLength)
            yield return For(Ports, port, PortTable.Loopback);
    }

    private DataType Address => Ports.V6 ? DataType.Ipv6Addr : DataType.Ipv4Addr;

    private static string Prefix(PortMap kind) => $"hairpin{(kind.V6 ? '6' : '4')}{(kind.Any ? "_any" : "")}_";
}
