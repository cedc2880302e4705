using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Nftables;

namespace CniPlugins.Portmap;

/// <summary>Who has a port already, and whether it can be taken over.</summary>
internal static class PortOwners
{
    /// <summary>
    /// Everything that has to go for an attachment's elements to come: its own of an earlier ADD, and dead ones' with all that they had at these ports. Throws
    /// for the first port of a living attachment.
    /// </summary>
    public static IReadOnlyList<Element> Displace(NftSocket nft, PodPorts pod, IReadOnlyList<Element> wanted, IReadOnlyList<HairpinSet> sets)
    {
        var found = nft.Find(wanted);
        foreach (var element in found.Where(PortElements.IsPort))
            RequireFree(element, pod.Owner);
        return [.. found.Concat(found.Where(PortElements.IsPort).SelectMany(port => PortElements.HairpinsOf(nft, port, sets))).DistinctBy(e => (e.Set, e.Key))];
    }

    private static void RequireFree(Element port, Owner owner)
    {
        var netns = Provenance.Read(port.Private).Netns;
        if (owner.Owns(port.Comment) || (netns.Length > 0 && Netns.IsGone(netns))) // without a path nobody knows
            return;
        var values = port.Key.Values;
        var address = values.Count < 3 ? "" : values[0].Type == DataType.Ipv6Addr ? $"[{values[0]}]:" : $"{values[0]}:";
        throw new CniException(
            $"host port {address}{values[^1]}/{values[^2]} is taken by {Describe(port.Comment)}{(netns.Length > 0 ? $" (netns {netns})" : "")}",
            "give this pod another hostPort, or DEL the other attachment first");
    }

    /// <summary><c>container X of network N</c>, out of an owner's comment.</summary>
    private static string Describe(string? comment)
    {
        if (comment is null || !Owner.IsAlias(comment))
            return comment is null ? "something without an owner's name" : $"\"{comment}\"";
        var network = Between(comment, ", net: ", ", if: ");
        var container = Between(comment, ", id: ", "\n");
        return $"container {container} of network {network}";
    }

    private static string Between(string text, string before, string after)
    {
        var start = text.IndexOf(before, StringComparison.Ordinal);
        if (start < 0)
            return "?";
        start += before.Length;
        var end = text.IndexOf(after, start, StringComparison.Ordinal);
        return end < 0 ? text[start..] : text[start..end];
    }
}
