using CniPlugins.Attachment;
using CniPlugins.Attachment.Tables;
using CniPlugins.Nftables;

namespace CniPlugins.Portmap;

/// <summary>The elements that stand for an attachment's ports.</summary>
internal static class PortElements
{
    /// <summary>
    /// element port4_any { tcp . 8080 : 10.1.0.2 . 80 }, and where clients are to be hidden hairpin4_any_24 { 10.1.0.0 . tcp . 8080 } and
    /// hairpin4_any_8 { 127.0.0.0 . tcp . 8080 }: those of mappings without conditions.
    /// </summary>
    public static IReadOnlyList<Element> Of(PodPorts pod)
    {
        var elements = new List<Element>();
        foreach (var address in pod.Addresses.Where(address => !Conditions.Are(pod.Config, address.Address.IsV6)))
        {
            foreach (var mapping in pod.Mappings(address.Address.IsV6))
            {
                var port = Key(mapping, address.Address.IsV6) with { Data = new Datum(Value.Of(address.Address), Value.Port(mapping.ContainerPort)) };
                elements.Add(port);
                elements.AddRange(pod.HiddenClients(address).Select(client => HairpinSet.For(port, client)));
            }
        }

        var provenance = Provenance.Now(pod.Netns ?? "").ToBytes();
        return [.. elements.Select(element => element with { Comment = pod.Owner.Comment, Private = provenance })];
    }

    /// <summary>The keys under which its ports are, whatever the pod's addresses.</summary>
    public static IReadOnlyList<Element> Keys(PodPorts pod) =>
        [.. from v6 in new[] { false, true } from mapping in pod.Mappings(v6) select Key(mapping, v6)];

    /// <summary>Whether it is of a port map.</summary>
    public static bool IsPort(Element element) => PortTable.AllPorts.Contains(element.Set);

    /// <summary>The elements of hairpin sets that belong to one of a port map: the same owner's, at the same port.</summary>
    public static IEnumerable<Element> HairpinsOf(NftSocket nft, Element port, IEnumerable<HairpinSet> sets) =>
        nft.Find([.. sets.SelectMany(set => set.CouldGoWith(port))]).Where(hairpin => hairpin.Comment == port.Comment);

    private static Element Key(PortMapping mapping, bool v6)
    {
        var port = new[] { Value.Of(mapping.Protocol), Value.Port(mapping.HostPort) };
        return new Element(
            PortTable.Ports(v6, any: mapping.Address is null), new Datum(mapping.Address is { } address ? [Value.Of(address), .. port] : port));
    }
}
