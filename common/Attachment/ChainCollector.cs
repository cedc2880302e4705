using System.Globalization;
using CniPlugins.Cni;
using CniPlugins.Iptables;
using CniPlugins.Linux;
using CniPlugins.Nftables;

namespace CniPlugins.Attachment;

/// <summary>
/// GC of the chains that iptables' forms have for each container, upstream's and ours. Their rules say whose they are, but not since when, and they are to stay
/// as upstream writes them. So a GC that finds a stale chain leaves a mark in it, and the next GC that finds it stale takes it: it was there before that one began.
/// </summary>
/// <remarks>
/// The mark is a last rule without a target, which goes with the chain whoever deletes it. An ADD that finds its chain there takes the mark away (<see cref="IsMark"/>), or
/// makes the chain anew. What is taken is deleted rule by rule, all or nothing, so a chain that an ADD has just come back to stays.
/// </remarks>
internal sealed class ChainCollector(GcRequest request, string entry, string prefix, Func<string, string, string> nameOf)
{
    private const string Table = "nat";
    private const string MarkText = "CNI GC: of no valid attachment at ";
    private const int Attempts = 3;

    private static readonly Family[] Families = [Family.Ip, Family.Ip6];

    /// <summary>Whether a rule is a mark that GC has left.</summary>
    public static bool IsMark(IptablesRule rule) => rule.CommentText?.StartsWith(MarkText, StringComparison.Ordinal) is true;

    /// <summary>Both families, and both flavours of iptables; no program is run where no chain has such a name.</summary>
    public void Collect(NftSocket? nft)
    {
        var teardown = new Teardown();
        foreach (var family in Families)
        {
            if (nft is not null && nft.Chains(new Table(family, Table)).Any(chain => chain.Name.StartsWith(prefix, StringComparison.Ordinal)))
                teardown.Try(() => Collect(family, IptablesProgram.NftSave, IptablesProgram.NftRestore));
            if (LegacyTable.Mentions(family, Table, prefix))
                teardown.Try(() => Collect(family, IptablesProgram.LegacySave, IptablesProgram.LegacyRestore));
        }

        teardown.ThrowIfFailed();
    }

    private void Collect(Family family, Func<Family, IptablesProgram> save, Func<Family, IptablesProgram> restore)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var batch = Changes(family, SavedTable.Read(save(family), Table));
                if (!batch.IsEmpty)
                    batch.Commit(restore(family));
                return;
            }
            catch (IptablesException e) when (e.Errno is Errno.ENOENT)
            {
                StandardError.WriteLine($"GC: chains {prefix}… stay: {e.Message}");
                return;
            }
            catch (IptablesException) when (attempt < Attempts)
            {
                // Somebody changed what was to go, and nothing was changed by us.
            }
        }
    }

    /// <summary>Marks for the stale chains that have none, and the end of those that had one before this call.</summary>
    private IptablesBatch Changes(Family family, SavedTable saved)
    {
        var valid = request.Valid.Select(attachment => nameOf(request.Network, attachment.ContainerId)).ToHashSet();
        var batch = new IptablesBatch(family, Table);
        var rules = saved.Rules.ToLookup(rule => rule.Chain == entry ? (rule.Target ?? "") : rule.Chain);
        foreach (var chain in saved.Chains.Where(chain => chain.StartsWith(prefix, StringComparison.Ordinal) && !valid.Contains(chain)))
        {
            var own = rules[chain].Where(rule => !IsMark(rule)).ToList();
            if (!IsOfNetwork(chain, own))
                continue;
            var marks = rules[chain].Where(IsMark).ToList();
            if (marks.Count == 0)
                batch.Append(new IptablesRule(chain, IptablesRule.Comment($"{MarkText}{BootClock.Nanoseconds} of boot {BootClock.BootId}")));
            else if (marks.All(WasBefore))
                marks.Concat(own).Aggregate(batch, (all, rule) => all.Delete(rule)).RemoveEmpty(chain);
        }

        return batch;
    }

    /// <summary>Whether all comments of a chain's rules, and of those that lead to it, name one and the same container, whose chain it is in this network.</summary>
    private bool IsOfNetwork(string chain, IEnumerable<IptablesRule> rules)
    {
        var start = IptablesRule.OwnerText(request.Network, "")[..^1];
        return rules.Select(rule => rule.CommentText).OfType<string>().Distinct().ToList() is [var owner]
            && owner.Split(start) is ["" or "dnat ", [.. var containerId, '"']] && nameOf(request.Network, containerId) == chain;
    }

    /// <summary>A mark of another boot (somebody keeps iptables' rules over boots) is older than any call.</summary>
    private bool WasBefore(IptablesRule mark) =>
        mark.CommentText![MarkText.Length..].Split(" of boot ") is [var time, var boot]
        && (boot != BootClock.BootId || (long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at < request.Started));
}
