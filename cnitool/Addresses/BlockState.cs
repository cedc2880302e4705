using System.Globalization;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Cnitool.Addresses;

/// <summary>The pools, blocks and handles of a datastore, all nodes': each view is one round trip.</summary>
internal sealed class BlockState(IDatastore store, string description, string network, string node) : IAddressState
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public string Description => description;

    /// <summary>Where it is kept, for commands that change pools and settings.</summary>
    public IDatastore Store => store;

    /// <summary>What one command may take.</summary>
    public static Deadline Deadline => Deadline.After(Patience);

    public IReadOnlyList<Stock> Stocks(bool parts)
    {
        var answers = store.Read([new AllPools(), new AllBlocks()], Deadline);
        var blocks = Readable<Block>(answers[1]);
        var stocks = new List<Stock>();
        foreach (var pool in Readable<IpPool>(answers[0]))
        {
            var own = blocks.Where(block => pool.Cidr.Contains(block.Cidr.First)).OrderBy(block => block.Cidr.First).ToList();
            stocks.Add(new Stock("pool", pool.Cidr.ToString(), (UInt128)own.Sum(Used), Size(pool.Cidr)) { Name = pool.Name, Note = NoteOf(pool) });
            if (parts)
                stocks.AddRange(own.Select(Row));
        }

        var pools = Readable<IpPool>(answers[0]);
        stocks.AddRange(blocks.Where(block => pools.All(pool => !pool.Cidr.Contains(block.Cidr.First))).Select(block => Row(block) with { IsPart = false, Note = "in no pool" }));
        return stocks;
    }

    public IReadOnlyList<Holding> Holdings() => [.. Readable<Block>(store.List(new AllBlocks(), Deadline)).SelectMany(HoldingsOf).OrderBy(holding => holding.Address)];

    public IReadOnlyList<Problem> Check(LivingAttachments living) => [.. new BlockAudit(store, network, node, living, Deadline).Problems()];

    public bool Release(IpAddress address) => new BlockRelease(store).Release(address);

    public bool Release(Problem problem) => new BlockRelease(store).Release(problem);

    public void Dispose() => (store as IDisposable)?.Dispose();

    /// <summary>What can be read of a kind; the rest is for check to name.</summary>
    public static IReadOnlyList<T> Readable<T>(IReadOnlyList<Entry> entries)
        where T : Resource => [.. entries.Select(entry => entry.Value).OfType<T>()];

    /// <summary>How many addresses of a block are taken, resting ones included.</summary>
    private static int Used(Block block) => block.Allocations.Count(index => index != Block.Free);

    private static Stock Row(Block block)
    {
        var owner = BlockOwner.Parse(block.Affinity);
        var borrowed = HoldingsOf(block).Count(holding => owner is { } own && holding.Details.Any(detail => detail.Key == "node" && detail.Value != own.Name));
        return new Stock("block", block.Cidr.ToString(), (UInt128)Used(block), (UInt128)block.Size)
        {
            IsPart = true,
            Node = owner?.Name ?? "",
            Note = owner is null ? "nobody's" : borrowed > 0 ? $"{borrowed.ToString(CultureInfo.InvariantCulture)} lent" : "",
        };
    }

    private static IEnumerable<Holding> HoldingsOf(Block block)
    {
        for (var ordinal = 0; ordinal < block.Size; ordinal++)
        {
            if (block.Allocations[ordinal] is var index && index != Block.Free && index < block.Attributes.Count)
                yield return HoldingOf(block.AddressOf(ordinal), block.Attributes[index], block);
        }
    }

    private static Holding HoldingOf(IpAddress address, Attribution attribution, Block block)
    {
        var details = (attribution.Owner ?? new Dictionary<string, string>()).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
        if (attribution.ReleasedAt is { } released)
            details.Add(new("resting since", released.ToString("u", CultureInfo.InvariantCulture)));
        details.AddRange((attribution.AlternateOwner ?? new Dictionary<string, string>()).Select(pair => new KeyValuePair<string, string>($"alternate {pair.Key}", pair.Value)));
        details.Add(new("block", $"{block.Cidr} {block.Affinity ?? "(nobody's)"}"));
        return new Holding(address, attribution.HandleId ?? (attribution.ReleasedAt is null ? "(no handle)" : "(released)"), details);
    }

    private static string NoteOf(IpPool pool) => string.Join(", ", new[]
    {
        pool.Disabled ? "disabled" : pool.IsEnabled ? "" : "not allocatable",
        pool.IsManual ? "only on request" : "",
        pool.NodeSelector == "all()" ? "" : $"nodes: {pool.NodeSelector}",
    }.Where(note => note.Length > 0));

    private static UInt128 Size(Cidr cidr) => cidr.Address.Bits - cidr.PrefixLength is var bits && bits >= 128 ? UInt128.MaxValue : (UInt128)1 << bits;
}
