using System.Globalization;
using CniPlugins.Attachment;
using CniPlugins.Iptables;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Portmap;

/// <summary>
/// Ports that lead to other containers by iptables' rules, ours or upstream's, or by upstream's nft rules: all of them are
/// asked before our table is (dstnat, not dstnat + 5).
/// </summary>
internal sealed class OtherForms(NftSocket? nft)
{
    private static readonly Protocol[] Protocols = [Protocol.Tcp, Protocol.Udp, Protocol.Sctp];

    /// <summary>
    /// Takes over what is in an attachment's way: ports of dead containers go. Throws for the first of one that lives.
    /// </summary>
    public void Claim(PodPorts pod)
    {
        var gone = new Dictionary<string, bool>();
        foreach (var held in InTheWay(pod))
        {
            if (!gone.TryGetValue(held.ContainerId, out var isGone))
                gone[held.ContainerId] = isGone = held.IsGone;
            if (!isGone)
                throw held.Taken();
            held.Release();
        }
    }

    /// <summary>CHECK: throws when another container is led to at one of the attachment's ports.</summary>
    public void RequireNone(PodPorts pod)
    {
        if (InTheWay(pod).FirstOrDefault() is { } held)
            throw held.Taken();
    }

    /// <summary>CHECK of a chain: the same for the rules of iptables that come before those that lead to it.</summary>
    public void RequireNoneBefore(PodPorts pod, IptablesPortRules rules, SavedTable saved)
    {
        var wanted = pod.Mappings(rules.Family is Family.Ip6).ToList();
        if (HeldIn(saved, rules.Family, before: rules.Chain).FirstOrDefault(held =>
            held.ContainerId != pod.Owner.ContainerId && wanted.Exists(held.Precedes)) is { } held)
            throw held.Taken();
    }

    private IEnumerable<HeldPort> InTheWay(PodPorts pod) =>
        from isV6 in pod.Addresses.Select(address => address.Address.IsV6).Distinct()
        let wanted = pod.Mappings(isV6).ToLookup(mapping => (mapping.Protocol, mapping.HostPort))
        from held in OfUpstream(isV6).Concat(OfIptables(isV6))
        where held.ContainerId != pod.Owner.ContainerId
            && wanted[(held.Mapping.Protocol, held.Mapping.HostPort)].Any(held.Precedes)
        select held;

    /// <summary>nft list chain ip cni_hostport hostports, and hostip_hostports.</summary>
    private IEnumerable<HeldPort> OfUpstream(bool isV6)
    {
        var table = HostPortNames.Table(isV6 ? Family.Ip6 : Family.Ip);
        if (nft?.Has(table) is not true)
            yield break;
        foreach (var rule in HostPortNames.PortChains.SelectMany(chain => nft.Rules(new Chain(table, chain))))
        {
            if (rule is { Comment: { } container, Port: { } port, Protocol: { } protocol, LeadsTo: { } target })
            {
                yield return new HeldPort(
                    new PortMapping(port, 0, protocol) { HostIp = rule.Destination },
                    "", container, target, table.ToString(), () => UpstreamHostPorts.Remove(nft, container));
            }
        }
    }

    /// <summary>iptables-save -t nat, where there are rules that lead to pods' chains; else no program is run.</summary>
    private IEnumerable<HeldPort> OfIptables(bool isV6)
    {
        var family = isV6 ? Family.Ip6 : Family.Ip;
        var held = new List<HeldPort>();
        if (nft?.Rules(new Chain(new Table(family, IptablesPortRules.Table), HostPortNames.Entry)).Count > 0)
            held.AddRange(Read(family, IptablesProgram.NftSave));
        if (LegacyTable.Mentions(family, IptablesPortRules.Table, HostPortNames.ChainPrefix))
            held.AddRange(Read(family, IptablesProgram.LegacySave));
        return held;
    }

    private IEnumerable<HeldPort> Read(Family family, Func<Family, IptablesProgram> save)
    {
        try
        {
            return HeldIn(SavedTable.Read(save(family), IptablesPortRules.Table), family);
        }
        catch (IptablesException e) when (e.Errno is Errno.ENOENT)
        {
            StandardError.WriteLine($"portmap: there are ports in iptables' form, and nobody can read them: {e.Message}");
            return [];
        }
    }

    /// <summary>The rules of pods' chains that lead to a pod, each with the owner whom the rule before the chain names.</summary>
    private List<HeldPort> HeldIn(SavedTable saved, Family family, string? before = null)
    {
        var owners = new Dictionary<string, (string Network, string ContainerId)>();
        foreach (var rule in saved.Rules.Where(rule => rule.Chain == HostPortNames.Entry))
        {
            if (before is not null && rule.Target == before)
                break;
            if (rule.Target is { } chain && IptablesRule.ParseOwner(rule.CommentText) is { } owner)
                owners.TryAdd(chain, owner);
        }

        var held = new List<HeldPort>();
        foreach (var rule in saved.Rules)
        {
            if (!owners.TryGetValue(rule.Chain, out var owner) || Mapping(rule) is not { } found)
                continue;
            var chain = new IptablesChain(family, IptablesPortRules.Table, rule.Chain, HostPortNames.Entry);
            held.Add(new HeldPort(found.Mapping, owner.Network, owner.ContainerId, found.LeadsTo, "iptables", () => chain.Remove(nft)));
        }

        return held;
    }

    /// <summary>-d 192.0.2.1/32 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.1.0.2:80</summary>
    private static (PortMapping Mapping, IpAddress LeadsTo)? Mapping(IptablesRule rule)
    {
        var target = rule.Value("--to-destination") ?? "";
        var protocol = Protocols.FirstOrDefault(each => each.Word() == rule.Value("-p"));
        if (protocol == default || !IpAddress.TryParse(target[..Math.Max(target.LastIndexOf(':'), 0)].Trim('[', ']'), out var leadsTo)
            || !ushort.TryParse(rule.Value("--dport"), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            return null;
        IpAddress? host = Cidr.TryParse(rule.Value("-d") ?? "", out var network) ? network.Address : null;
        return (new PortMapping(port, 0, protocol) { HostIp = host }, leadsTo);
    }
}
