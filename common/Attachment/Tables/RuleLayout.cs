using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Nftables;

namespace CniPlugins.Attachment.Tables;

/// <summary>
/// Rules that serve all pods, and the sets whose elements say what they do for each: made together, and made anew
/// where somebody flushed them.
/// </summary>
internal sealed record RuleLayout(Table Table, string Word, int Version)
{
    /// <summary>What a pod adds elements to.</summary>
    public required IReadOnlyList<Set> Sets { get; init; }

    /// <summary>The chains whose rules are all of the layout.</summary>
    public required IReadOnlyList<Chain> Chains { get; init; }

    /// <summary>The chain, if there is one, that rules lead to and that pods have rules of their own in.</summary>
    public Chain? Open { get; init; }

    /// <summary>The rules of each chain in their order.</summary>
    public required IReadOnlyList<LayoutRule> Rules { get; init; }

    /// <summary>What the host does not do when a rule is missing.</summary>
    public required string Loss { get; init; }

    /// <summary>
    /// An empty chain, masq_layout_1, whose name says which rules these are: a release with other ones does not find
    /// its own, and rewrites them.
    /// </summary>
    public Chain Name => new(Table, $"{Word}_layout_{Version}");

    /// <summary>What to do about a rule or an element that is missing.</summary>
    public string Hint => $"somebody has changed {Table}; cnitool repair puts it back";

    /// <summary>
    /// nft add …, all that is not a pod's: a second time it changes nothing, and it puts back what somebody flushed.
    /// </summary>
    public Batch Skeleton()
    {
        var batch = new Batch().Ensure(Table).Ensure(Name);
        foreach (var set in Sets)
            batch.Ensure(set);
        if (Open is { } open)
            batch.Ensure(open);
        return Rewrite(batch, Chains);
    }

    /// <summary>nft flush chain, and its rules: of some of the chains.</summary>
    public Batch Rewrite(Batch batch, params IReadOnlyList<Chain> chains)
    {
        foreach (var chain in chains)
            batch.Ensure(chain).Flush(chain);
        foreach (var rule in Rules.Where(rule => chains.Contains(rule.Chain)))
            batch.Add(rule.Chain, rule.Statements, rule.Comment);
        return batch;
    }

    /// <summary>The first rule that is not there; null when all are.</summary>
    public LayoutRule? FindMissing(NftSocket nft)
    {
        var present = Chains.SelectMany(nft.Rules).Select(rule => (rule.Chain.Name, rule.Comment)).ToHashSet();
        return Rules.FirstOrDefault(rule => !present.Contains((rule.Chain.Name, rule.Comment)));
    }

    /// <summary>The same where this layout has been made before: what somebody's flush has taken away.</summary>
    public LayoutRule? FindLost(NftSocket nft) => nft.FindChain(Table, Name.Name) is null ? null : FindMissing(nft);

    /// <summary>STATUS: code 51 when rules were lost.</summary>
    public void RequireWhole(NftSocket nft, string plugin)
    {
        if (FindLost(nft) is { } rule)
            throw new CniException(CniErrorCode.LimitedConnectivity, $"{plugin}: {rule} is missing", Hint);
    }

    /// <summary>
    /// nft create element …: what an ADD nearly always is. False, and nothing was made, when a rule or a set is
    /// missing, the rules are of another layout, or a key is taken; false too when the answer was lost, and who looks
    /// again finds what has become of it.
    /// </summary>
    /// <param name="shared">Elements that may be there already.</param>
    public bool TryCreate(NftSocket nft, IReadOnlyList<Element> elements, params IReadOnlyList<Element> shared)
    {
        // "nft flush table" leaves the sets: elements would be taken, and mean nothing.
        if (FindMissing(nft) is not null)
            return false;
        try
        {
            // Flushing the empty chain changes nothing, and fails where it is not.
            nft.Commit(new Batch().Flush(Name).Ensure(shared).Create(elements));
            return true;
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENOENT or Errno.EEXIST || e.IsUnanswered)
        {
            return false;
        }
    }
}
