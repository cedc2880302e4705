using CniPlugins.Cni;
using CniPlugins.Digest;
using CniPlugins.Iptables;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Attachment;

/// <summary>ipMasq in iptables' form, chain by chain and rule by rule as upstream makes it (pkg/ip/ipmasq_iptables_linux.go): for who asks for it, and to take away.</summary>
/// <remarks>The interface's name is in neither the chain's nor the comment: two interfaces of one container on one network share the chain.</remarks>
internal sealed record IptablesMasquerade(string Network, string ContainerId)
{
    private const string Table = "nat";
    private const string Entry = "POSTROUTING";

    public static IptablesMasquerade Of(AttachmentRequest request) => new(request.Network, request.ContainerId.Value);

    /// <summary>The attachment's chain: <c>CNI-</c> and 24 hexadecimal digits.</summary>
    public string Chain => $"CNI-{Sha512.Hex(Network + ContainerId)[..24]}";

    /// <summary>Takes away the chains of no valid attachment that an earlier GC has marked, and marks the others (<see cref="ChainCollector"/>).</summary>
    public static void Collect(NftSocket? nft, GcRequest request) =>
        new ChainCollector(request, Entry, "CNI-", (network, containerId) => new IptablesMasquerade(network, containerId).Chain).Collect(nft);

    /// <summary>iptables-restore --noflush, once per family: what of the rules is missing; all or nothing.</summary>
    public void Add(NftSocket? nft, IReadOnlyList<Cidr> addresses)
    {
        using var alone = AttachmentLock.Take(Network, ContainerId);
        using var undo = new Undo();
        foreach (var group in addresses.GroupBy(address => address.Address.IsV6))
            undo.Guard(AddFamily(nft, group.Key ? Family.Ip6 : Family.Ip, [.. group]), added => Of(added.Family).Remove(nft, added.Sources));
        undo.Commit();
    }

    /// <summary>Takes the rules of these addresses away, or all when they are unknown: upstream's and ours, in either flavour of iptables.</summary>
    public void Remove(NftSocket? nft, IReadOnlyCollection<IpAddress>? addresses = null)
    {
        var teardown = new Teardown();
        using var alone = teardown.TryOpen(() => AttachmentLock.TakeIfUsed(Network, ContainerId));
        teardown.Try(() => Of(Family.Ip).Remove(nft, addresses));
        teardown.Try(() => Of(Family.Ip6).Remove(nft, addresses));
        teardown.ThrowIfFailed();
    }

    /// <summary>Whether the attachment has anything in this form.</summary>
    public bool Exists(NftSocket? nft) => Of(Family.Ip).Exists(nft) || Of(Family.Ip6).Exists(nft);

    /// <summary>iptables-save: throws for the first rule that is missing.</summary>
    public void Check(IReadOnlyList<Cidr> addresses)
    {
        foreach (var group in addresses.GroupBy(address => address.Address.IsV6))
        {
            var saved = SavedTable.Read(group.Key ? Family.Ip6 : Family.Ip, Table);
            if (group.SelectMany(address => new[] { LeaveAlone(address), Hide(address), Enter(address) }).FirstOrDefault(rule => !saved.Has(rule)) is { } missing)
                throw new CniException($"rule [{missing.Text}] in chain {missing.Chain} not found in table {Table}");
        }
    }

    private (Family Family, IReadOnlyCollection<IpAddress> Sources) AddFamily(NftSocket? nft, Family family, IReadOnlyList<Cidr> addresses)
    {
        // Only a chain that is there already makes it necessary to ask what is in it.
        var saved = Of(family).Exists(nft) ? SavedTable.Read(family, Table) : SavedTable.Empty;
        var batch = new IptablesBatch(family, Table);
        var isNew = !saved.Has(Chain);
        if (isNew)
            batch.Declare(Chain);

        // Before MASQUERADE: behind it, where upstream puts those of further addresses, they would never be asked.
        foreach (var rule in addresses.Select(LeaveAlone).Distinct().Where(rule => !saved.Has(rule)))
            _ = isNew ? batch.Append(rule) : batch.Insert(rule);
        foreach (var mark in saved.Rules.Where(rule => rule.Chain == Chain && ChainCollector.IsMark(rule)))
            batch.Delete(mark);
        foreach (var rule in addresses.Select(Hide).Concat(addresses.Select(Enter)).Distinct().Where(rule => !saved.Has(rule)))
            batch.Append(rule);
        batch.Commit();
        return (family, [.. addresses.Select(address => address.Address)]);
    }

    private IptablesChain Of(Family family) => new(family, Table, Chain, Entry);

    private IptablesRule LeaveAlone(Cidr address) => new(Chain, ["-d", $"{address.Network}", .. Comment, "-j", "ACCEPT"]);

    private IptablesRule Hide(Cidr address) => new(Chain, ["!", "-d", address.Address.IsV6 ? "ff00::/8" : "224.0.0.0/4", .. Comment, "-j", "MASQUERADE"]);

    private IptablesRule Enter(Cidr address) => new(Entry, ["-s", $"{Cidr.Host(address.Address)}", .. Comment, "-j", Chain]);

    private string[] Comment => IptablesRule.Comment(IptablesRule.OwnerText(Network, ContainerId));
}
