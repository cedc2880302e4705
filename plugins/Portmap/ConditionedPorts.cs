using System.Globalization;
using CniPlugins.Attachment;
using CniPlugins.Attachment.Tables;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Portmap;

/// <summary>
/// Mappings with conditions, which no element can express: a rule of its own leads each to a chain of its own. They are asked before all others, one after the
/// other, so a host with many of them is slower.
/// </summary>
internal static class ConditionedPorts
{
    // The kernel keeps 256 bytes with a rule; an owner's comment with its time takes 155 of them, the headers and the time twelve.
    private const int LongestPath = 89;

    /// <summary>
    /// add rule … hostport_conditions tcp dport 8080 ip saddr != 10.0.0.0/8 jump hostport_1_…; in that chain: the clients to hide are marked, then dnat ip to
    /// 10.1.0.2:80.
    /// </summary>
    public static void Add(Batch batch, PodPorts pod)
    {
        var number = 0;
        var provenance = Provenance.Now(pod.Netns ?? "").ToBytes(LongestPath);
        foreach (var address in pod.Addresses.Where(address => Conditions.Are(pod.Config, address.Address.IsV6)))
        {
            var ip = Ip.Of(address.Address);
            var conditions = Conditions.Parse(pod.Config, ip.IsV6);
            foreach (var mapping in pod.Mappings(ip.IsV6))
            {
                var chain = ChainOf(pod.Owner, ++number);
                batch.Ensure(chain).Flush(chain);
                foreach (var client in pod.HiddenClients(address))
                    batch.Add(chain, [ip.Source.Is(client), Meta.SetMarkBits(PortTable.Mark)]);
                batch.Add(chain, [Nat.DestinationTo(address.Address, mapping.ContainerPort)]);

                Statement[] where = mapping.Address is { } host ? [ip.Destination.Is(host)] : [];
                batch.Add(PortTable.Conditions, [.. where, Port(mapping), .. conditions, Verdict.Jump(chain)], pod.Owner.Alias, provenance);
            }
        }
    }

    /// <summary>How many rules a pod's addresses and mappings make.</summary>
    public static int Count(PodPorts pod) =>
        pod.Addresses.Where(address => Conditions.Are(pod.Config, address.Address.IsV6)).Sum(address => pod.Mappings(address.Address.IsV6).Count());

    /// <summary>delete rule … hostport_conditions handle N, and the chain it led to.</summary>
    public static void Delete(Batch batch, IEnumerable<Rule> rules)
    {
        foreach (var rule in rules)
        {
            batch.Delete(rule);
            if (rule.Target is { } target && new Chain(OwnTables.Inet, target) is var chain)
                batch.Flush(chain).Delete(chain);
        }
    }

    /// <summary>Those of dead attachments at ports that a pod wants: they are asked before what it gets, and would lead its clients to nobody.</summary>
    public static IReadOnlyList<Rule> Shadows(NftSocket nft, PodPorts pod, PortOwners owners) =>
        [.. Rules(nft).Where(rule => pod.Config.PortMappings.Any(mapping => mapping.HostPort == rule.Port
                && (mapping.Address is null || rule.Destination is null || mapping.Address == rule.Destination))
            && !pod.Owner.Owns(rule.Comment)
            && LeadsTo(nft, rule) is { } address && owners.IsGone(rule, address))];

    /// <summary>nft -a list chain inet cni_plugins hostport_conditions</summary>
    public static IReadOnlyList<Rule> Rules(NftSocket nft) => nft.Rules(PortTable.Conditions);

    private static IpAddress? LeadsTo(NftSocket nft, Rule rule) => rule.Target is { } target
        ? nft.Rules(new Chain(OwnTables.Inet, target)).Select(each => each.LeadsTo).FirstOrDefault(address => address is not null)
        : null;

    private static Statement Port(PortMapping mapping) => new Th(mapping.Protocol).DestinationPort.Is(mapping.HostPort);

    // nft's own names have no hyphens.
    private static Chain ChainOf(Owner owner, int number) =>
        new(OwnTables.Inet, string.Create(CultureInfo.InvariantCulture, $"hostport_{number}_{owner.Hash.Replace('-', '_')}"));
}
