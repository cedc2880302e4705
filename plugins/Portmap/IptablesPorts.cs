using CniPlugins.Attachment;
using CniPlugins.Attachment.Tables;
using CniPlugins.Cni;
using CniPlugins.Iptables;
using CniPlugins.Linux;
using CniPlugins.Nftables;

namespace CniPlugins.Portmap;

/// <summary>Host ports in iptables' form, with upstream's chains, so that its DEL takes away what our ADD made and the other way round.</summary>
internal sealed class IptablesPorts : IPortBackend
{
    private const string Table = IptablesPortRules.Table;
    private static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(20);

    /// <summary>
    /// iptables-save and iptables-restore --noflush, once per family of the pod; what an earlier ADD of this attachment made is replaced. What pods must not
    /// reach by route_localnet is kept from them by nf_tables, where the kernel has it.
    /// </summary>
    public PodPorts Add(PodPorts pod)
    {
        using var alone = AttachmentLock.Take(pod.Owner.Network, pod.Owner.ContainerId);
        using var nft = NftSocket.FindHere();
        new OtherForms(nft).Claim(pod);
        nft?.Commit(() => new PortOwners(nft, pod, nft.Sets(OwnTables.Inet)).Takeover(PortTable.Guard()));
        using var undo = new Undo();
        foreach (var address in pod.Addresses)
        {
            var rules = new IptablesPortRules(pod, address);
            try
            {
                undo.Guard(AddFamily(rules), added => RemoveFamily(nft, pod.Owner, added));
            }
            catch (IptablesException e)
            {
                throw CniException.Because("unable to setup DNAT", e);
            }
        }

        undo.Commit();
        return pod;
    }

    /// <summary>iptables-save: a chain or rule that is missing, in upstream's words; conditions are not compared, iptables may write them otherwise.</summary>
    public void Check(PodPorts pod)
    {
        using var nft = NftSocket.FindHere();
        foreach (var address in pod.Addresses)
        {
            var rules = new IptablesPortRules(pod, address);
            var saved = SavedTable.Read(rules.Family, Table);
            var step = $"could not check {(address.Address.IsV6 ? "ipv6" : "ipv4")} dnat";
            if (!saved.Has(rules.Chain))
                throw new CniException($"{step}: chain {rules.Chain} not found in iptables table {Table}");
            new OtherForms(nft).RequireNoneBefore(pod, rules, saved);
            var leading = saved.Rules.Where(rule => rule.Chain == HostPortNames.Entry && rule.LeadsTo(rules.Chain)).ToList();
            if (rules.OwnRules().FirstOrDefault(rule => !saved.Has(rule)) is { } missing
                || (missing = rules.Entries(withConditions: false).FirstOrDefault(rule => !leading.Exists(found => found.Includes(rule)))) is not null)
                throw new CniException($"{step}: rule [{missing.Text}] in chain {missing.Chain} not found in table {Table}");
        }
    }

    /// <summary>Whether the pod has a chain, made by us or by upstream; no program is run.</summary>
    public bool Has(PodPorts pod)
    {
        using var nft = NftSocket.FindHere();
        return ChainOf(pod.Owner, Family.Ip).Exists(nft) || ChainOf(pod.Owner, Family.Ip6).Exists(nft);
    }

    /// <summary>The pod's chains in both families and both flavours of iptables, and upstream's nft rules; where there are none, no program is run.</summary>
    public void Remove(PodPorts pod)
    {
        var teardown = new Teardown();
        using var alone = teardown.TryOpen(() => AttachmentLock.TakeIfUsed(pod.Owner.Network, pod.Owner.ContainerId));
        using var nft = NftSocket.FindHere();
        teardown.Try(() => RemoveFamily(nft, pod.Owner, Family.Ip));
        teardown.Try(() => RemoveFamily(nft, pod.Owner, Family.Ip6));
        if (nft is not null)
            teardown.Try(() => UpstreamHostPorts.Remove(nft, pod.Owner.ContainerId));
        teardown.ThrowIfFailed();
    }

    /// <summary>Takes away the chains of no valid attachment that an earlier GC has marked, and marks the others (<see cref="ChainCollector"/>).</summary>
    public void Collect(GcRequest request)
    {
        using var nft = NftSocket.FindHere();
        new ChainCollector(request, HostPortNames.Entry, HostPortNames.ChainPrefix, HostPortNames.Chain).Collect(nft);
    }

    public void RequireUsable()
    {
        if (!IptablesProgram.IsInstalled(Family.Ip))
        {
            throw new CniException(
                CniErrorCode.PluginNotAvailable, "failed to open iptables: iptables-restore is not installed", "install the package iptables, or use backend nftables");
        }
    }

    private static Family AddFamily(IptablesPortRules rules)
    {
        var saved = SavedTable.Read(rules.Family, Table);
        if (HasShared(saved, rules))
        {
            Commit(saved, rules);
            return rules.Family;
        }

        // Two of us that both miss what is shared would make it twice.
        using var alone = FileLock.Take(AttachmentLock.LockFile, 0x180, LockLimit); // 0600
        Commit(SavedTable.Read(rules.Family, Table), rules);
        return rules.Family;
    }

    private static bool HasShared(SavedTable saved, IptablesPortRules rules) =>
        rules.SharedChains.All(saved.Has) && rules.SharedRules().All(saved.Has);

    private static void Commit(SavedTable saved, IptablesPortRules rules)
    {
        var batch = new IptablesBatch(rules.Family, Table);
        foreach (var chain in rules.SharedChains.Where(chain => !saved.Has(chain)))
            batch.New(chain);
        foreach (var rule in rules.SharedRules().Where(rule => !saved.Has(rule)))
            _ = IptablesPortRules.BelongsFirst(rule) ? batch.Insert(rule) : batch.Append(rule);

        // What an earlier ADD of the same attachment made would come first, and lead astray.
        foreach (var rule in saved.Rules.Where(rule => rule.Chain == HostPortNames.Entry && rule.LeadsTo(rules.Chain)))
            batch.Delete(rule);
        batch.Declare(rules.Chain);
        foreach (var rule in rules.OwnRules().Concat(rules.Entries()))
            batch.Append(rule);
        batch.Commit();
    }

    private static void RemoveFamily(NftSocket? nft, Owner owner, Family family)
    {
        ChainOf(owner, family).Remove(nft);
        new IptablesChain(family, Table, HostPortNames.OldChain(owner.Network, owner.ContainerId), HostPortNames.OldEntry).Remove(nft);
    }

    private static IptablesChain ChainOf(Owner owner, Family family) =>
        new(family, Table, HostPortNames.Chain(owner.Network, owner.ContainerId), HostPortNames.Entry);
}
