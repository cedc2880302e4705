using CniPlugins.Attachment;
using CniPlugins.Attachment.Tables;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Nftables;

namespace CniPlugins.Portmap;

/// <summary>Who has a port already, and whether it can be taken over.</summary>
internal static class PortOwners
{
    /// <summary>
    /// Everything that has to go for an attachment's elements to come: its own of an earlier ADD, and dead ones' with all that they had at these ports, which may
    /// have been of one address of the host only. Throws for the first port of a living attachment.
    /// </summary>
    public static IReadOnlyList<Element> Displace(NftSocket nft, PodPorts pod, IReadOnlyList<Element> wanted, IReadOnlyList<HairpinSet> sets)
    {
        var found = nft.Find(wanted);
        foreach (var element in found.Where(PortElements.IsPort))
            RequireFree(element, pod.Owner);
        var all = found.Concat(Shadows(nft, pod, wanted)).ToList();
        return [.. all.Concat(all.Where(PortElements.IsPort).SelectMany(port => PortElements.HairpinsOf(nft, port, sets))).DistinctBy(e => (e.Set, e.Key))];
    }

    /// <summary>Dead attachments' ports of one address, where the wanted ones are of any address: an address goes before any.</summary>
    public static IReadOnlyList<Element> Shadows(NftSocket nft, PodPorts pod, IReadOnlyList<Element> wanted)
    {
        var shadows = new List<Element>();
        foreach (var v6 in (bool[])[false, true])
        {
            var keys = wanted.Where(element => element.Set == PortTable.Ports(v6, any: true)).Select(element => element.Key.Values).ToList();
            if (keys.Count > 0)
            {
                shadows.AddRange(nft.Elements(PortTable.Ports(v6, any: false)).Where(port =>
                    keys.Any(key => key[0] == port.Key.Values[1] && key[1] == port.Key.Values[2]) && !pod.Owner.Owns(port.Comment) && IsGone(port.Private)));
            }
        }

        return shadows;
    }

    private static void RequireFree(Element port, Owner owner)
    {
        if (owner.Owns(port.Comment) || IsGone(port.Private))
            return;
        var netns = Provenance.Read(port.Private).Netns;
        var values = port.Key.Values;
        var address = values.Count < 3 ? "" : values[0].Type == DataType.Ipv6Addr ? $"[{values[0]}]:" : $"{values[0]}:";
        throw new CniException(
            $"host port {address}{values[^1]}/{values[^2]} is taken by {Describe(port.Comment)}{(netns.Length > 0 ? $" (netns {netns})" : "")}",
            "give this pod another hostPort, or DEL the other attachment first");
    }

    /// <summary>Whether there is no namespace any more where the owner's was (<see cref="Provenance"/>); without a path nobody knows.</summary>
    public static bool IsGone(byte[]? provenance) => Provenance.Read(provenance).Netns is { Length: > 0 } netns && Netns.IsGone(netns);

    private static string Describe(string? comment) =>
        OwnerMark.Read(comment) is { } owner ? $"{owner}" : comment is null ? "something without an owner's name" : $"\"{comment}\"";
}
