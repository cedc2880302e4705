using CniPlugins.Attachment.Tables;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Attachment;

/// <summary>ipMasq in nf_tables: a pod is a few elements with its owner's name, and no program is run for it.</summary>
internal static class NftMasquerade
{
    /// <summary>
    /// nft create element inet cni_plugins masq4 { 10.1.0.2 comment "OWNER" }, and own4_24 { 10.1.0.2 . 10.1.0.0 … }; the rules before them where they
    /// are missing. False when this kernel cannot, and then nothing was made.
    /// </summary>
    public static bool TryAdd(Owner owner, string netns, IReadOnlyList<Cidr> addresses)
    {
        var provenance = Provenance.Now(netns).ToBytes();
        var elements = MasqueradeTable.Elements(addresses).Select(element => element with { Comment = owner.Comment, Private = provenance }).ToList();
        try
        {
            using var nft = NftSocket.FindHere();
            if (nft is null)
                return false;
            if (!LayoutFor(elements).TryCreate(nft, elements))
                nft.Commit(() => Rebuild(nft, addresses, elements));
            return true;
        }
        catch (Exception e) when (e is IErrnoException { Errno: var errno } && (NftSocket.IsAbsence(errno) || errno is Errno.ENOENT))
        {
            // ENOENT for what the batch itself makes: there is no nat in family inet (before 5.2), or no masquerade.
            return false;
        }
    }

    /// <summary>
    /// Takes away the elements of an owner, and upstream's rules. With the owner's addresses they are looked up by key, at the same cost however many
    /// there are; without, all are listed. What another attachment has taken over by now stays.
    /// </summary>
    public static void Remove(NftSocket nft, Owner owner, IReadOnlyList<Cidr> addresses) => nft.Commit(() =>
        Deletion(
            nft,
            addresses.Count > 0
                ? nft.Find(MasqueradeTable.Elements(addresses)).Where(element => owner.Owns(element.Comment))
                : All(nft, owner.Elements),
            owner.Owns));

    /// <summary>
    /// Takes away what belongs to no valid attachment of the network, but nothing that was made since the call began: ports
    /// and admissions too, whose plugin the configuration may not name any more. (Upstream's rules do not say when they
    /// were made: they are old.)
    /// </summary>
    public static void Collect(NftSocket nft, Garbage garbage) => nft.Commit(() =>
        Deletion(nft, nft.Sets(OwnTables.Inet).SelectMany(set => nft.Elements(set, garbage.IsElement)), garbage.IsNamedIn));

    /// <summary>Whether the owner has anything here; throws for the first rule or element that is not there any more.</summary>
    public static bool Check(NftSocket nft, Owner owner, IReadOnlyList<Cidr> addresses)
    {
        var expected = MasqueradeTable.Elements(addresses);
        var present = nft.Find(expected).Where(element => owner.Owns(element.Comment)).ToList();
        if (present.Count == 0)
            return UpstreamMasquerade.Rules(nft).Any(rule => owner.Owns(rule.Comment));
        if (owner.FindMissing(expected, present) is { } missing)
            throw Broken($"{missing} is missing");
        if (LayoutFor(expected).FindMissing(nft) is { } rule)
            throw Broken($"{rule} is missing");
        return true;
    }

    /// <summary>STATUS: the rules that pods are masqueraded by are whole, if there are any yet.</summary>
    public static void RequireWhole(NftSocket nft) => MasqueradeTable.Layout(nft.Sets(OwnTables.Inet)).RequireWhole(nft, "ipMasq");

    /// <summary>CHECK's error for what is not there any more.</summary>
    public static CniException Broken(string what) => new($"ipMasq: {what}", MasqueradeTable.Layout([]).Hint);

    /// <summary>The skeleton and the elements in one, without what stood under their keys: an address was just leased to us, so that was stale.</summary>
    private static Batch Rebuild(NftSocket nft, IReadOnlyList<Cidr> addresses, IReadOnlyList<Element> elements)
    {
        var sets = nft.Sets(OwnTables.Inet);
        return MasqueradeTable.Layout(sets.Concat(elements.Select(element => element.Set))).Skeleton()
            .Delete(nft.Find(MasqueradeTable.Elements(addresses, sets)))
            .Create(elements);
    }

    /// <summary>Elements, and upstream's rules with such a comment.</summary>
    private static Batch Deletion(NftSocket nft, IEnumerable<Element> elements, Func<string?, bool> condition)
    {
        var batch = new Batch().Delete([.. elements]);
        foreach (var rule in UpstreamMasquerade.Rules(nft).Where(rule => condition(rule.Comment)))
            batch.Delete(rule);
        return batch;
    }

    /// <summary>The rules that these elements need.</summary>
    private static RuleLayout LayoutFor(IEnumerable<Element> elements) => MasqueradeTable.Layout(elements.Select(element => element.Set));

    private static IEnumerable<Element> All(NftSocket nft, ElementChoice choice) =>
        nft.Sets(OwnTables.Inet).Where(MasqueradeTable.IsOurs).SelectMany(set => nft.Elements(set, choice));
}
