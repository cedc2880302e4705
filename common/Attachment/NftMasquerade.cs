using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Nftables;

namespace CniPlugins.Attachment;

/// <summary>ipMasq in nf_tables: a pod is a few elements with its owner's name, and no program is run for it.</summary>
internal static class NftMasquerade
{
    private const string Hint = "somebody has changed table inet cni_plugins; cnitool repair puts back what is missing, and the next ADD the rules";

    /// <summary>
    /// nft create element inet cni_plugins masq4 { 10.1.0.2 comment "OWNER" }, and own4_24 { 10.1.0.2 . 10.1.0.0 … }; the rules before them where they
    /// are missing. False when this kernel cannot, and then nothing was made.
    /// </summary>
    public static bool TryAdd(Owner owner, string netns, IReadOnlyList<Cidr> addresses)
    {
        var provenance = Provenance.Now(netns).ToBytes();
        var elements = MasqueradeRules.Elements(addresses).Select(element => element with { Comment = owner.Comment, Private = provenance }).ToList();
        try
        {
            using var nft = NftSocket.FindHere();
            if (nft is null)
                return false;
            if (!TryCreate(nft, elements))
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
                ? nft.Find(MasqueradeRules.Elements(addresses)).Where(element => owner.Owns(element.Comment))
                : All(nft, owner.Elements),
            owner.Owns));

    /// <summary>
    /// Takes away what belongs to no valid attachment of the network, but nothing that was made since the call began. (Upstream's rules do not say when
    /// they were made: they are old.)
    /// </summary>
    public static void Collect(NftSocket nft, Garbage garbage) => nft.Commit(() => Deletion(nft, All(nft, garbage.IsElement), garbage.IsNamedIn));

    /// <summary>Whether the owner has anything here; throws for the first rule or element that is not there any more.</summary>
    public static bool Check(NftSocket nft, Owner owner, IReadOnlyList<Cidr> addresses)
    {
        var expected = MasqueradeRules.Elements(addresses);
        var present = nft.Find(expected).Where(element => owner.Owns(element.Comment)).ToList();
        if (present.Count == 0)
            return UpstreamMasquerade.Rules(nft).Any(rule => owner.Owns(rule.Comment));
        if (expected.FirstOrDefault(element => !present.Any(found => found.Set == element.Set && found.Key.Equals(element.Key))) is { } missing)
            throw Broken($"{missing} is missing");
        if (MasqueradeRules.FindMissing(nft, expected.Select(element => element.Set)) is { } rule)
            throw Broken($"{rule} is missing");
        return true;
    }

    /// <summary>STATUS: the rules that pods are masqueraded by are whole, if there are any yet.</summary>
    public static void RequireWhole(NftSocket nft)
    {
        if (nft.FindChain(MasqueradeRules.Table, MasqueradeRules.Layout.Name) is not null
            && MasqueradeRules.FindMissing(nft, nft.Sets(MasqueradeRules.Table)) is { } rule)
            throw new CniException(CniErrorCode.LimitedConnectivity, $"ipMasq: {rule} is missing", Hint);
    }

    /// <summary>CHECK's error for what is not there any more.</summary>
    public static CniException Broken(string what) => new($"ipMasq: {what}", Hint);

    /// <summary>The elements alone; false when rules or sets are missing or an element is there already.</summary>
    private static bool TryCreate(NftSocket nft, IReadOnlyList<Element> elements)
    {
        // "nft flush table" leaves the sets: elements would be taken, and mean nothing.
        if (nft.Rules(MasqueradeRules.Postrouting).Count == 0)
            return false;
        try
        {
            // Flushing the empty chain that names the layout changes nothing, and fails where the rules are of another.
            nft.Commit(new Batch().Flush(MasqueradeRules.Layout).Create(elements));
            return true;
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENOENT or Errno.EEXIST)
        {
            return false;
        }
    }

    /// <summary>The skeleton and the elements in one, without what stood under their keys: an address was just leased to us, so that was stale.</summary>
    private static Batch Rebuild(NftSocket nft, IReadOnlyList<Cidr> addresses, IReadOnlyList<Element> elements)
    {
        var sets = nft.Sets(MasqueradeRules.Table);
        return MasqueradeRules.Skeleton(sets.Concat(elements.Select(element => element.Set)))
            .Delete(nft.Find(MasqueradeRules.Elements(addresses, sets)))
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

    private static IEnumerable<Element> All(NftSocket nft, ElementChoice choice) =>
        nft.Sets(MasqueradeRules.Table).Where(MasqueradeRules.IsOurs).SelectMany(set => nft.Elements(set, choice));
}
