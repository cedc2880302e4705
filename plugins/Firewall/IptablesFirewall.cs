using CniPlugins.Cni;
using CniPlugins.Iptables;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Firewall;

/// <summary>The same firewall in the chains and words of the reference plugin (plugins/meta/firewall/iptables.go), for one family.</summary>
internal sealed class IptablesFirewall(Family family, IptablesFlavour flavour, FirewallConfig config)
{
    public const string Table = "filter";
    public const string Forward = "FORWARD";
    public const string Admissions = "CNI-FORWARD";

    private const string Stage1 = "CNI-ISOLATION-STAGE-1";
    private const string Stage2 = "CNI-ISOLATION-STAGE-2";

    private const string LockFile = "/run/cni-plugins-firewall.lock";
    private const uint LockMode = 0x180; // 0600
    private const int Attempts = 5;

    // Longer than any number of first pods takes, shorter than a runtime's patience.
    private static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(30);

    private bool IsLegacy => flavour is IptablesFlavour.Legacy;

    /// <summary>
    /// iptables-restore with a pod's rules, and what they need where it is missing: chains, what leads to them, a bridge's
    /// policy. Those of other pods come with it, which were there before anything was dropped. Returns the rules of the
    /// pod that it added.
    /// </summary>
    public IReadOnlyList<IptablesRule> Add(
        IReadOnlyList<IpAddress> addresses, IReadOnlyList<IpAddress> others, BridgePolicy? policy)
    {
        var saved = Read();
        if (Chains(policy).All(saved.Has) && Shared(policy).All(each => saved.Has(each.Rule)))
            return Add(saved, addresses, others, policy);

        // Only the first pods of a host or of a bridge come here. Two of them at once would make everything twice.
        using var first = FileLock.Take(LockFile, LockMode, LockLimit);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return Add(Read(), addresses, others, policy);
            }
            catch (IptablesException) when (attempt < Attempts)
            {
                // The reference plugin does not know our lock: its chain may have come in between, and nothing of ours was made.
            }
        }
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

    private List<IptablesRule> Add(
        SavedTable saved, IReadOnlyList<IpAddress> addresses, IReadOnlyList<IpAddress> others, BridgePolicy? policy)
    {
        var batch = new IptablesBatch(family, Table);
        foreach (var chain in Chains(policy).Where(chain => !saved.Has(chain)))
            batch.New(chain);
        foreach (var (rule, isFirst) in Shared(policy).Where(each => !saved.Has(each.Rule)))
            _ = isFirst ? batch.Insert(rule) : batch.Append(rule);
        var added = addresses.SelectMany(PodRules).Where(rule => !saved.Has(rule)).ToList();
        foreach (var rule in added.Concat(others.Except(addresses).SelectMany(PodRules).Where(rule => !saved.Has(rule))))
            batch.Append(rule);
        Commit(batch);
        return added;
    }

    private string[] Chains(BridgePolicy? policy) => policy is null ? [Admissions, config.AdminChain] : [Admissions, config.AdminChain, Stage1, Stage2];

    /// <summary>The rules that belong to no pod, in upstream's order, and whether each goes to the head of its chain.</summary>
    private IEnumerable<(IptablesRule Rule, bool IsFirst)> Shared(BridgePolicy? policy) =>
        [(ForwardJump, true), (AdminJump, true), .. policy is null ? [] : Isolation(policy)];

    private static IptablesRule ForwardJump => new(Forward, [.. IptablesRule.Comment("CNI firewall plugin rules"), "-j", Admissions]);

    private IptablesRule AdminJump => new(Admissions, [.. IptablesRule.Comment("CNI firewall plugin admin overrides"), "-j", config.AdminChain]);

    private static IEnumerable<IptablesRule> PodRules(IpAddress address) =>
    [
        new(Admissions, "-d", $"{Cidr.Host(address)}", "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT"),
        new(Admissions, "-s", $"{Cidr.Host(address)}", "-j", "ACCEPT"),
    ];

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
