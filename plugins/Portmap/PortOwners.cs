using CniPlugins.Attachment;
using CniPlugins.Attachment.Tables;
using CniPlugins.Cni;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Portmap;

/// <summary>Who has the ports that an attachment wants, and what has to go for it to get them.</summary>
internal sealed class PortOwners(NftSocket nft, PodPorts pod, IReadOnlyList<Set> sets)
{
    private readonly Dictionary<string, bool> _gone = [];
    private readonly IReadOnlyList<PortMap> _maps = PortMap.Among(sets);

    /// <summary>Whether somebody has a port who is not first in turn, and would not be met where an ADD puts its own.</summary>
    public bool IsHeldInLaterTurn => _maps.Any(map => map.Turn > 1)
        && nft.Find(PortElements.Keys(pod, [.. _maps.Where(map => map.Turn > 1)])).Count > 0;

    /// <summary>
    /// Dead attachments' ports of one address, where the wanted ones are of any address: an address goes before any.
    /// </summary>
    public IReadOnlyList<Element> Shadows
    {
        get
        {
            var shadows = new List<Element>();
            foreach (var map in _maps.Where(map => !map.Any))
            {
                var wanted = pod.Mappings(map.V6).Where(mapping => mapping.Address is null)
                    .Select(mapping => (Value.Of(mapping.Protocol), Value.Port(mapping.HostPort))).ToHashSet();
                if (wanted.Count > 0)
                {
                    shadows.AddRange(nft.Elements(map.Set).Where(port =>
                        wanted.Contains((port.Key.Values[1], port.Key.Values[2])) && !pod.Owner.Owns(port.Comment) && IsGone(port)));
                }
            }

            return shadows;
        }
    }

    /// <summary>
    /// The turn in which the attachment gets its ports: the first that no other network of its container has. And what
    /// stands in the way: its own elements of an earlier ADD, and dead attachments' with all that they had at these ports.
    /// Throws for the first port of another container that lives.
    /// </summary>
    public (int Turn, IReadOnlyList<Element> Displaced) Claim()
    {
        var taken = new HashSet<int>();
        var displaced = new List<Element>();
        foreach (var port in nft.Find(PortElements.Keys(pod, _maps)))
        {
            if (pod.Owner.Owns(port.Comment) || IsGone(port))
                displaced.Add(port);
            else if (pod.Owner.SharesContainer(port.Comment))
                taken.Add(PortMap.Of(port.Set)!.Turn);
            else
                throw Taken(port);
        }

        var turn = 1;
        while (taken.Contains(turn))
            turn++;
        displaced.AddRange(Shadows);
        var hairpins = HairpinSet.Among(sets);
        var wanted = PortElements.Of(pod, turn).Where(element => HairpinSet.Of(element.Set) is not null);
        return (turn, [.. displaced.Concat(displaced.SelectMany(port => PortElements.HairpinsOf(nft, port, hairpins)))
            .Concat(nft.Find([.. wanted])).DistinctBy(element => (element.Set, element.Key))]);
    }

    /// <summary>
    /// For what is asked before our table (iptables' form): the batch with the end of what it would hide. Throws for the
    /// first port of another container that lives; what is for one address, any address would hide too.
    /// </summary>
    public Batch Takeover(Batch batch)
    {
        var wanted = pod.Config.PortMappings.Where(mapping => mapping.Address is null)
            .Select(mapping => (Value.Of(mapping.Protocol), Value.Port(mapping.HostPort))).ToHashSet();
        foreach (var map in _maps.Where(map => !map.Any && wanted.Count > 0))
        {
            foreach (var port in nft.Elements(map.Set).Where(port => wanted.Contains((port.Key.Values[1], port.Key.Values[2]))))
            {
                if (!pod.Owner.SharesContainer(port.Comment) && !IsGone(port))
                    throw Taken(port);
            }
        }

        return batch.Delete(Claim().Displaced);
    }

    /// <summary>Whether the owner of a mapping with conditions is gone (<see cref="Liveness"/>).</summary>
    public bool IsGone(Rule rule, IpAddress address) => IsGone(rule.Comment, rule.Private, address);

    private bool IsGone(Element port) => IsGone(port.Comment, port.Private, port.Data!.Values[0].Address);

    /// <summary>Asked once of each owner: a pod may have thousands of ports.</summary>
    private bool IsGone(string? comment, byte[]? provenance, IpAddress address)
    {
        var key = comment ?? "";
        if (!_gone.TryGetValue(key, out var gone))
            _gone[key] = gone = Liveness.IsGone(OwnerMark.Read(comment), Provenance.Read(provenance).Netns, address);
        return gone;
    }

    private static CniException Taken(Element port)
    {
        var netns = Provenance.Read(port.Private).Netns;
        var values = port.Key.Values;
        var address = values.Count < 3 ? "" : values[0].Type == DataType.Ipv6Addr ? $"[{values[0]}]:" : $"{values[0]}:";
        return new CniException(
            $"host port {address}{values[^1]}/{values[^2]} is taken by {Describe(port.Comment)}{(netns.Length > 0 ? $" (netns {netns})" : "")}",
            "give this pod another hostPort, or DEL the other attachment first");
    }

    /// <summary><c>container X of network N</c>, out of an owner's comment.</summary>
    private static string Describe(string? comment) =>
        OwnerMark.Read(comment) is { } owner ? $"{owner}" : comment is null ? "something without an owner's name" : $"\"{comment}\"";
}
