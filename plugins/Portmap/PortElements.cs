using CniPlugins.Attachment;
using CniPlugins.Attachment.Tables;
using CniPlugins.Nftables;

namespace CniPlugins.Portmap;

/// <summary>The elements that stand for an attachment's ports.</summary>
internal static class PortElements
{
    /// <summary>
    /// element port4_any { tcp . 8080 : 10.1.0.2 . 80 }, and where clients are to be hidden
    /// hairpin4_any_24 { 10.1.0.0 . tcp . 8080 } and hairpin4_any_8 { 127.0.0.0 . tcp . 8080 }: those of mappings without
    /// conditions.
    /// </summary>
    public static IReadOnlyList<Element> Of(PodPorts pod, int turn = 1)
    {
        var elements = new List<Element>();
        foreach (var address in pod.Addresses.Where(address => !Conditions.Are(pod.Config, address.Address.IsV6)))
        {
            foreach (var mapping in pod.Mappings(address.Address.IsV6))
            {
                var map = MapOf(mapping, address.Address.IsV6) with { Turn = turn };
                var port = new Element(map.Set, Key(mapping))
                {
                    Data = new Datum(Value.Of(address.Address), Value.Port(mapping.ContainerPort)),
                };
                elements.Add(port);
                elements.AddRange(pod.HiddenClients(address).Select(client => HairpinSet.For(map, port, client)));
            }
        }

        var provenance = Provenance.Now(pod.Netns ?? "").ToBytes();
        return [.. elements.Select(element => element with { Comment = pod.Owner.Comment, Private = provenance })];
    }

    /// <summary>The keys under which its ports are, whatever the pod's addresses and turn.</summary>
    public static IReadOnlyList<Element> Keys(PodPorts pod, IReadOnlyList<PortMap> maps) =>
        [.. (from v6 in new[] { false, true }
             from mapping in pod.Mappings(v6)
             let first = MapOf(mapping, v6)
             from map in maps
             where map with { Turn = 1 } == first
             select new Element(map.Set, Key(mapping))).DistinctBy(element => (element.Set, element.Key))];

    /// <summary>The elements of hairpin sets that belong to one of a port map: the same owner's, at the same port.</summary>
    public static IEnumerable<Element> HairpinsOf(NftSocket nft, Element port, IEnumerable<HairpinSet> sets) =>
        nft.Find([.. sets.SelectMany(set => set.CouldGoWith(port))]).Where(hairpin => hairpin.Comment == port.Comment);

    private static PortMap MapOf(PortMapping mapping, bool v6) => new(v6, Any: mapping.Address is null);

    private static Datum Key(PortMapping mapping)
    {
        var port = new[] { Value.Of(mapping.Protocol), Value.Port(mapping.HostPort) };
        return new Datum(mapping.Address is { } address ? [Value.Of(address), .. port] : port);
    }
}
