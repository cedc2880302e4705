using System.Globalization;
using CniPlugins.Nftables;

namespace CniPlugins.Attachment.Tables;

/// <summary>
/// map port4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service }, or port4_any without the host's
/// address; port4_any_2 for what stands behind it.
/// </summary>
/// <remarks>
/// A runtime hands the same ports to each network of a container, and each network's attachment leads them to its own
/// address. The first has them; the second comes into a map that is asked after the first's, and so has its turn when
/// the first is gone, without anybody's doing.
/// </remarks>
/// <param name="Turn">1 for the first, or only, network of a container.</param>
internal sealed record PortMap(bool V6, bool Any, int Turn = 1)
{
    public Set Set => new(OwnTables.Inet, Prefix(V6, Any) + Suffix(Turn), Any ? Port : [Address, .. Port])
    {
        Data = [Address, DataType.InetService],
    };

    /// <summary>The maps of the first turn, which are always there, and of what else is among these sets.</summary>
    public static IReadOnlyList<PortMap> Among(IEnumerable<Set> sets) =>
        [.. First.Concat(sets.Select(Of).OfType<PortMap>()).Distinct()];

    /// <summary>Which one a set is, by its name; null when it is none.</summary>
    public static PortMap? Of(Set set)
    {
        foreach (var map in First)
        {
            var prefix = Prefix(map.V6, map.Any);
            if (set.Table == OwnTables.Inet && set.Name.StartsWith(prefix, StringComparison.Ordinal)
                && TurnOf(set.Name[prefix.Length..]) is { } turn)
                return map with { Turn = turn };
        }

        return null;
    }

    /// <summary>What a set's name ends with: nothing in the first turn.</summary>
    public static string Suffix(int turn) => turn == 1 ? "" : $"_{turn}";

    /// <summary>The reverse; null when it is none.</summary>
    public static int? TurnOf(string suffix) =>
        suffix.Length == 0 ? 1
        : suffix[0] == '_' && int.TryParse(suffix.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var turn)
            && turn > 1 ? turn
        : null;

    private static IReadOnlyList<PortMap> First => [new(false, false), new(false, true), new(true, false), new(true, true)];

    private static DataType[] Port => [DataType.InetProto, DataType.InetService];

    private DataType Address => V6 ? DataType.Ipv6Addr : DataType.Ipv4Addr;

    private static string Prefix(bool v6, bool any) => $"port{(v6 ? '6' : '4')}{(any ? "_any" : "")}";
}
