using CniPlugins.Cni;
using CniPlugins.Iptables;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Firewall;

/// <summary>The same firewall in the chains and words of the reference plugin (firewall.md 2 and 3), for one family.</summary>
internal sealed class IptablesFirewall(Family family, IptablesFlavour flavour, FirewallConfig config)
{
    public const string Table = "filter";
    public const string Forward = "FORWARD";
    public const string Admissions = "CNI-FORWARD";

    private const string Stage1 = "CNI-ISOLATION-STAGE-1";
    private const string Stage2 = "CNI-ISOLATION-STAGE-2";

    private bool IsLegacy => flavour is IptablesFlavour.Legacy;

    /// <summary>One iptables-restore with what is missing: chains, what leads to them, the rules of pods; returns the rules of pods that it added.</summary>
    public IReadOnlyList<IptablesRule> Add(IEnumerable<IpAddress> addresses, BridgePolicy? policy)
    {
        var saved = Read();
        var batch = new IptablesBatch(family, Table);
        string[] chains = [Admissions, config.AdminChain, .. policy is null ? [] : new[] { Stage1, Stage2 }];
        foreach (var chain in chains.Where(chain => !saved.Has(chain)))
            batch.Declare(chain);
        foreach (var rule in ((IptablesRule[])[ForwardJump, AdminJump]).Where(rule => !saved.Has(rule)))
            batch.Insert(rule);
        var added = addresses.SelectMany(PodRules).Where(rule => !saved.Has(rule)).ToList();
        foreach (var rule in added)
            batch.Append(rule);
        foreach (var (rule, isFirst) in (policy is null ? [] : Isolation(policy)).Where(each => !saved.Has(each.Rule)))
            _ = isFirst ? batch.Insert(rule) : batch.Append(rule);
        Commit(batch);
        return added;
    }

    /// <summary>iptables -D, for rules that are there.</summary>
    public void Remove(IReadOnlyList<IptablesRule> rules)
    {
        var batch = new IptablesBatch(family, Table);
        foreach (var rule in rules)
            batch.Delete(rule);
        Commit(batch);
    }

    /// <summary>Takes away what either implementation made for these addresses.</summary>
    public void Remove(IReadOnlyCollection<IpAddress> addresses)
    {
        var saved = Read();
        Remove([.. addresses.SelectMany(PodRules).Where(saved.Has)]);
    }

    /// <summary>Throws in upstream's words for the first rule that is not there.</summary>
    public void Check(IEnumerable<IpAddress> addresses)
    {
        var saved = Read();
        if (!saved.Has(ForwardJump))
            throw Missing("FORWARD rule", ForwardJump);
        if (!saved.Has(AdminJump))
            throw Missing("CNI-FORWARD rule", AdminJump);
        if (addresses.SelectMany(PodRules).FirstOrDefault(rule => !saved.Has(rule)) is { } missing)
            throw Missing("rule", missing);
    }

    private static IptablesRule ForwardJump => new(Forward, [.. IptablesRule.Comment("CNI firewall plugin rules"), "-j", Admissions]);

    private IptablesRule AdminJump => new(Admissions, [.. IptablesRule.Comment("CNI firewall plugin admin overrides"), "-j", config.AdminChain]);

    private static IEnumerable<IptablesRule> PodRules(IpAddress address) =>
    [
        new(Admissions, "-d", $"{Cidr.Host(address)}", "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT"),
        new(Admissions, "-s", $"{Cidr.Host(address)}", "-j", "ACCEPT"),
    ];

    /// <summary>The rules of a bridge with a policy in upstream's order, and whether each goes to the head of its chain.</summary>
    private static IEnumerable<(IptablesRule Rule, bool IsFirst)> Isolation(BridgePolicy policy)
    {
        var common = IptablesRule.Comment("CNI firewall plugin rules (ingressPolicy: same-bridge|isolated)");
        var own = IptablesRule.Comment($"CNI firewall plugin rules (ingressPolicy: {BridgePolicy.Word(policy.Policy)})");
        var bridge = policy.Bridge;
        yield return (new(Forward, [.. common, "-j", Stage1]), true);
        yield return (new(Stage1, ["-i", bridge, "!", "-o", bridge, .. own, "-j", Stage2]), true);
        if (policy.Policy is IngressPolicy.Isolated)
            yield return (new(Stage1, ["-i", bridge, "-o", bridge, .. own, "-j", "DROP"]), true);
        yield return (new(Stage1, [.. common, "-j", "RETURN"]), false);
        yield return (new(Stage2, ["-o", bridge, .. common, "-j", "DROP"]), true);
        yield return (new(Stage2, [.. common, "-j", "RETURN"]), false);
    }

    private SavedTable Read() => SavedTable.Read(IsLegacy ? IptablesProgram.LegacySave(family) : IptablesProgram.Save(family), Table);

    private void Commit(IptablesBatch batch)
    {
        if (!batch.IsEmpty)
            batch.Commit(IsLegacy ? IptablesProgram.LegacyRestore(family) : IptablesProgram.Restore(family));
    }

    private static CniException Missing(string what, IptablesRule rule) => new($"expected {what} [{string.Join(' ', rule.Words)}] not found");
}
