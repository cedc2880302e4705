using System.Globalization;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Inspection;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Cnitool.Addresses;

/// <summary>The pools, blocks and handles of a datastore, all nodes'.</summary>
internal sealed class BlockState(IDatastore store, string description, string network, string node) : IAddressState
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly BlockIpam _blocks = new(store);

    public string Description => description;

    /// <summary>Where it is kept, for commands that change pools and settings.</summary>
    public IDatastore Store => store;

    /// <summary>What one command may take.</summary>
    public static Deadline Deadline => Deadline.After(Patience);

    public IReadOnlyList<Stock> Stocks(bool parts)
    {
        var usage = _blocks.ReadUsage(Deadline);
        var stocks = new List<Stock>();
        foreach (var pool in usage.Pools)
        {
            stocks.Add(new Stock("pool", pool.Pool.Cidr.ToString(), pool.Usage.InUse, pool.Usage.Capacity) { Name = pool.Pool.Name, Note = Note([.. NotesOf(pool.Pool), .. NotesOf(pool.Usage)]) });
            if (parts)
                stocks.AddRange(pool.Blocks.Select(Row));
        }

        stocks.AddRange(usage.Orphans.Select(orphan => Row(orphan) with { IsPart = false, Note = "in no pool" }));
        return stocks;
    }

    public IReadOnlyList<Holding> Holdings() => [.. _blocks.Check(Deadline).Holders.Select(HoldingOf).OrderBy(holding => holding.Address)];

    public IReadOnlyList<Problem> Check(LivingAttachments living) => [.. new BlockAudit(store, network, node, living, Deadline).Problems()];

    public bool Release(IpAddress address) => new BlockRelease(store).Release(address);

    public bool Release(Problem problem) => new BlockRelease(store).Release(problem);

    public void Dispose() => (store as IDisposable)?.Dispose();

    private static Stock Row(BlockUsage usage)
    {
        var lent = AddressHolder.In(usage.Block).Count(holder => holder.IsBorrowed);
        return new Stock("block", usage.Block.Cidr.ToString(), usage.Usage.InUse, usage.Usage.Capacity)
        {
            IsPart = true,
            Node = BlockOwner.Parse(usage.Block.Affinity)?.Name ?? "",
            Note = Note([usage.Block.Affinity is null ? "nobody's" : "", lent > 0 ? $"{Text(lent)} lent" : "", .. NotesOf(usage.Usage)]),
        };
    }

    private static Holding HoldingOf(AddressHolder held)
    {
        var holder = held.Holder;
        var details = (holder.Owner ?? new Dictionary<string, string>()).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
        if (holder.ReleasedAt is { } released)
            details.Add(new("resting since", released.ToString("u", CultureInfo.InvariantCulture)));
        details.AddRange((holder.AlternateOwner ?? new Dictionary<string, string>()).Select(pair => new KeyValuePair<string, string>($"alternate {pair.Key}", pair.Value)));
        details.Add(new("block", $"{held.Block} {held.BlockAffinity ?? "(nobody's)"}"));
        return new Holding(held.Address, holder.HandleId ?? (holder.ReleasedAt is null ? "(no handle)" : "(released)"), details);
    }

    private static IEnumerable<string> NotesOf(IpPool pool)
    {
        if (!pool.IsEnabled)
            yield return pool.Disabled ? "disabled" : "not allocatable";
        if (pool.IsManual)
            yield return "only on request";
        if (pool.NodeSelector != "all()")
            yield return $"nodes: {pool.NodeSelector}";
    }

    private static IEnumerable<string> NotesOf(Usage usage)
    {
        if (usage.Reserved > 0)
            yield return $"{UsageBar.Number(usage.Reserved)} reserved";
        if (usage.Resting > 0)
            yield return $"{UsageBar.Number(usage.Resting)} resting";
    }

    private static string Note(IEnumerable<string> notes) => string.Join(", ", notes.Where(note => note.Length > 0));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
