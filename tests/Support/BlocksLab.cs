using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.EtcdForm;
using CniPlugins.Ipam.Blocks.Inspection;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Tests.Support;

/// <summary>A cluster in memory: pools, nodes, a clock that stands still unless told otherwise.</summary>
internal sealed class BlocksLab
{
    public BlocksLab(params string[] pools)
    {
        Ipam = new BlockIpam(Store, Clock);
        foreach (var pool in pools)
            AddPool(pool);
    }

    public MemoryDatastore Store { get; } = new();

    public StoppedClock Clock { get; } = new();

    public BlockIpam Ipam { get; }

    public static Deadline Soon => Deadline.After(TimeSpan.FromSeconds(60));

    /// <summary>A pool from its CIDR and, behind a space, its block size; it is called like its CIDR unless named.</summary>
    public IpPool AddPool(string text, Func<IpPool, IpPool>? change = null, string? name = null)
    {
        var words = text.Split(' ');
        var cidr = Cidr.Parse(words[0]);
        var pool = new IpPool(new Metadata(name ?? words[0].Replace('/', '-').Replace(':', '-')), cidr);
        if (words.Length > 1)
            pool = pool with { BlockSize = int.Parse(words[1].Replace("bs", "", StringComparison.Ordinal)) };
        pool = change?.Invoke(pool) ?? pool;
        Store.Create(new PoolKey(pool.Name), pool, Soon);
        return pool;
    }

    public void ChangePool(string name, Func<IpPool, IpPool> change)
    {
        var pool = Store.Find(new PoolKey(name), Soon)!;
        Store.Update(pool, change(pool.As<IpPool>()), Soon);
    }

    public void DeletePool(string name) => Store.Delete(Store.Find(new PoolKey(name), Soon)!, Soon);

    public void AddNode(string name, params (string Key, string Value)[] labels)
    {
        if (Store.Find(new NodeKey(name), Soon) is null)
            Store.Create(new NodeKey(name), new ClusterNode(new Metadata(name) { Labels = labels.ToDictionary(l => l.Key, l => l.Value) }), Soon);
    }

    public void Settings(bool strict = false, bool auto = true, int maxBlocks = 0, int cooldown = 0)
    {
        if (Store.Find(new SettingsKey(), Soon) is { } old)
            Store.Delete(old, Soon);
        Store.Create(new SettingsKey(), new BlockSettings { StrictAffinity = strict, AutoAllocateBlocks = auto, MaxBlocksPerHost = maxBlocks, CooldownSeconds = cooldown }, Soon);
    }

    public void Reserve(params string[] reserved) =>
        Store.Create(new ReservationKey("r"), new IpReservation(new Metadata("r"), reserved), Soon);

    public AssignOutcome Auto(string host, int v4 = 1, int v6 = 0, string? handle = "h", Func<AssignRequest, AssignRequest>? change = null)
    {
        AddNode(host);
        var request = new AssignRequest(host, handle) { Count4 = v4, Count6 = v6 };
        return Ipam.AutoAssign(change?.Invoke(request) ?? request, Soon);
    }

    /// <summary>The IPv4 addresses of an assignment that must be met whole.</summary>
    public IReadOnlyList<IpAddress> Take(string host, int count = 1, string? handle = "h", Func<AssignRequest, AssignRequest>? change = null)
    {
        var outcome = Auto(host, count, handle: handle, change: change);
        Assert.Null(outcome.Error);
        Assert.Null(outcome.V4.Shortfall);
        return outcome.V4.Addresses.Select(a => a.Address).ToList();
    }

    public Block Block(string cidr) => Store.Find(new BlockKey(Cidr.Parse(cidr)), Soon)!.As<Block>();

    public IReadOnlyList<Block> Blocks() => Store.List(new AllBlocks(), Soon).Select(e => e.As<Block>()).ToList();

    public IReadOnlyList<AffinityKey> Affinities(string host) =>
        Store.List(new AffinitiesOf(BlockOwner.Host(host)), Soon).Select(e => (AffinityKey)e.Key).ToList();

    public IReadOnlyList<Problem> Problems() => Ipam.Check(Soon).Problems;

    /// <summary>Claims every block of a network for an owner: how many are its own now, and how many somebody else's.</summary>
    public (int Claimed, int Failed) Claim(string network, BlockOwner owner)
    {
        var cidr = Cidr.Parse(network);
        var pool = Store.List(new AllPools(), Soon).Select(entry => entry.As<IpPool>()).Single(pool => pool.Cidr.Contains(cidr.First));
        return new BlockClaimer(Store, Clock).Claim(cidr, pool.BlockSize, owner);
    }

    public (int Claimed, int Failed) Claim(string network, string host) => Claim(network, BlockOwner.Host(host));

    /// <summary>Everything that must hold at any moment, whatever happened.</summary>
    public void NothingIsHeldTwice()
    {
        var report = Ipam.Check(Soon);
        Assert.DoesNotContain(report.Problems, p => p.Kind is ProblemKind.Unreadable or ProblemKind.UnderCount or ProblemKind.AddressWithoutHandle or ProblemKind.OverlappingBlocks);
        Assert.Equal(report.Holders.Count, report.Holders.Select(h => h.Address).Distinct().Count());
        foreach (var (path, json) in Store.Contents)
            Assert.IsNotType<Unreadable>(EtcdJson.Read(EtcdPath.Parse(path)!, System.Text.Encoding.UTF8.GetBytes(json)));
    }
}

/// <summary>A clock that is moved by hand, and waits for nobody.</summary>
internal sealed class StoppedClock : Clock
{
    private DateTimeOffset _now = new(2026, 7, 1, 10, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset Now => _now;

    public int Pauses { get; private set; }

    public void Advance(TimeSpan time) => _now += time;

    public override void Pause(TimeSpan time)
    {
        Pauses++;
        Thread.Yield();
    }
}
