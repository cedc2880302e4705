using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Tests.Datastores;

/// <summary>What every datastore promises: the same tests for memory, files and etcd.</summary>
public abstract class DatastoreContract
{
    private protected static readonly Cidr First = Cidr.Parse("10.0.0.0/26");
    private protected static readonly Cidr Second = Cidr.Parse("10.0.0.64/26");
    private protected static readonly Cidr Six = Cidr.Parse("fd80:24e2:f998:72d6::/122");

    private protected abstract IDatastore Store { get; }

    private protected static Deadline Soon => Deadline.After(TimeSpan.FromSeconds(20));

    private protected static BlockAffinity Pending => new(AffinityState.Pending);

    private protected static BlockAffinity Confirmed => new(AffinityState.Confirmed);

    /// <summary>Puts a text where an object is, as another program would.</summary>
    private protected abstract void Corrupt(Key key, string text);

    [Fact]
    public void What_was_created_is_found_and_cannot_be_created_again()
    {
        var key = new HandleKey("net.c1");
        Assert.Null(Store.Find(key, Soon));
        var created = Store.Create(key, BlockHandle.Of(First, 1), Soon);
        var found = Store.Find(key, Soon)!;
        Assert.Equal((created.Revision, 1), (found.Revision, found.As<BlockHandle>().CountIn(First)));
        Assert.Equal(DatastoreFailure.AlreadyExists, FailureOf(() => Store.Create(key, BlockHandle.Of(First, 2), Soon)));
        Assert.Equal(1, Store.Find(key, Soon)!.As<BlockHandle>().CountIn(First));
    }

    [Fact]
    public void An_update_needs_the_revision_that_is_there()
    {
        var key = new AffinityKey(BlockOwner.Host("node-a"), First);
        var first = Store.Create(key, Pending, Soon);
        var second = Store.Update(first, Confirmed, Soon);
        Assert.NotEqual(first.Revision, second.Revision);
        Assert.Equal(DatastoreFailure.RevisionConflict, FailureOf(() => Store.Update(first, new BlockAffinity(AffinityState.PendingDeletion), Soon)));
        Assert.Equal(second.Revision, Store.Find(key, Soon)!.Revision);
        Assert.Equal(AffinityState.Confirmed, Store.Find(key, Soon)!.As<BlockAffinity>().State);
    }

    [Fact]
    public void A_deletion_needs_the_revision_that_is_there()
    {
        var key = new AffinityKey(BlockOwner.Host("node-a"), First);
        var first = Store.Create(key, Pending, Soon);
        var second = Store.Update(first, Confirmed, Soon);
        Assert.Equal(DatastoreFailure.RevisionConflict, FailureOf(() => Store.Delete(first, Soon)));
        Store.Delete(second, Soon);
        Assert.Null(Store.Find(key, Soon));
        Assert.Equal(DatastoreFailure.NotFound, FailureOf(() => Store.Delete(second, Soon)));
        Assert.Equal(DatastoreFailure.NotFound, FailureOf(() => Store.Update(second, Pending, Soon)));
    }

    [Fact]
    public void An_object_that_was_made_anew_is_another_one()
    {
        var key = new HandleKey("net.c1");
        var old = Store.Create(key, BlockHandle.Of(First, 1), Soon);
        Store.Delete(old, Soon);
        Store.Create(key, BlockHandle.Of(Second, 1), Soon);
        Assert.Equal(DatastoreFailure.RevisionConflict, FailureOf(() => Store.Update(old, BlockHandle.Of(First, 2), Soon)));
        Assert.Equal(DatastoreFailure.RevisionConflict, FailureOf(() => Store.Delete(old, Soon)));
    }

    [Fact]
    public void Questions_are_answered_in_their_order_and_lists_by_key()
    {
        var (a, ab) = (BlockOwner.Host("node-a"), BlockOwner.Host("node-ab"));
        foreach (var key in new[] { new AffinityKey(a, Second), new AffinityKey(a, Six), new AffinityKey(a, First), new AffinityKey(ab, First), new AffinityKey(new BlockOwner(AffinityType.Virtual, "balancer"), First) })
            Store.Create(key, Confirmed, Soon);
        Store.Create(new SettingsKey(), new BlockSettings { StrictAffinity = true }, Soon);
        Store.Create(new HandleKey("net.c1"), BlockHandle.Of(First, 1), Soon);

        var answers = Store.Read([new AffinitiesOf(a, IsV6: false), new SettingsKey(), new AffinitiesOf(a, IsV6: true), new AffinitiesOf(a), new HandleKey("net.c2"), new AllAffinities(), new AllHandles(), new AllPools()], Soon);
        Assert.Equal(["10.0.0.0/26", "10.0.0.64/26"], Cidrs(answers[0]));
        Assert.True(Assert.Single(answers[1]).As<BlockSettings>().StrictAffinity);
        Assert.Equal([Six.ToString()], Cidrs(answers[2]));
        Assert.Equal(["10.0.0.0/26", "10.0.0.64/26", Six.ToString()], Cidrs(answers[3]));
        Assert.Empty(answers[4]);
        Assert.Equal(["node-a", "node-a", "node-a", "node-ab"], answers[5].Select(entry => ((AffinityKey)entry.Key).Owner.Name));
        Assert.Equal(new HandleKey("net.c1"), Assert.Single(answers[6]).Key);
        Assert.Empty(answers[7]);
    }

    [Fact]
    public void Blocks_of_both_families_keep_all_that_is_in_them()
    {
        foreach (var cidr in new[] { First, Six })
            Store.Create(new BlockKey(cidr), BlockOf(cidr), Soon);
        var found = Store.List(new AllBlocks(), Soon);
        Assert.Equal([new BlockKey(First), new BlockKey(Six)], found.Select(entry => entry.Key));
        Assert.Equal(new BlockKey(Six), Assert.Single(Store.List(new AllBlocks(IsV6: true), Soon)).Key);
        var block = found[0].As<Block>();
        Assert.Equal((64, 1782900000000000001UL, "host:node-a"), (block.Size, block.SequenceNumber, block.Affinity));
        Assert.Equal("net.c1", block.Attributes[block.Allocations[0]].HandleId);
        Assert.Equal(63, block.Unallocated.Length);
    }

    [Fact]
    public void A_hundred_and_fifty_questions_are_answered_like_one()
    {
        Store.Create(new HandleKey("net.c149"), BlockHandle.Of(First, 1), Soon);
        var answers = Store.Read([.. Enumerable.Range(0, 150).Select(i => new HandleKey($"net.c{i}"))], Soon);
        Assert.Equal(150, answers.Length);
        Assert.All(answers.SkipLast(1), Assert.Empty);
        Assert.Single(answers[^1]);
    }

    [Theory]
    [InlineData("{\"state\":\"confi")]
    [InlineData("[1]")]
    [InlineData("{\"state\":7}")]
    public void What_makes_no_sense_is_shown_as_such_and_stays(string text)
    {
        var key = new AffinityKey(BlockOwner.Host("node-a"), First);
        var seen = Store.Create(key, Pending, Soon);
        Corrupt(key, text);
        var found = Store.Find(key, Soon)!;
        Assert.IsType<Unreadable>(found.Value);
        var error = Assert.Throws<DatastoreException>(found.As<BlockAffinity>);
        Assert.Equal(DatastoreFailure.Corrupt, error.Failure);
        Assert.StartsWith($"{key} in the datastore cannot be read: ", error.Message, StringComparison.Ordinal);
        Assert.Equal(DatastoreFailure.AlreadyExists, FailureOf(() => Store.Create(key, Pending, Soon)));
        Assert.Equal(DatastoreFailure.RevisionConflict, FailureOf(() => Store.Update(seen, Confirmed, Soon)));
        Assert.IsType<Unreadable>(Assert.Single(Store.List(new AffinitiesOf(key.Owner), Soon)).Value);
    }

    [Fact]
    public void Writers_at_the_same_time_lose_nothing()
    {
        const int Writers = 6, Each = 15;
        var key = new HandleKey("net.c1");
        Store.Create(key, BlockHandle.Of(First, 1), Soon);
        var threads = Enumerable.Range(0, Writers).Select(_ => new Thread(() =>
        {
            using var store = Another();
            for (var done = 0; done < Each;)
            {
                var seen = store.Find(key, Soon)!;
                var handle = seen.As<BlockHandle>();
                if (FailureOf(() => store.Update(seen, handle.With(First, handle.CountIn(First) + 1), Soon)) is not { } failure)
                    done++;
                else
                    Assert.Equal(DatastoreFailure.RevisionConflict, failure);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Equal(1 + (Writers * Each), Store.Find(key, Soon)!.As<BlockHandle>().CountIn(First));
    }

    [Fact]
    public void Of_many_that_create_the_same_one_succeeds()
    {
        var key = new AffinityKey(BlockOwner.Host("node-a"), First);
        var made = 0;
        var threads = Enumerable.Range(0, 8).Select(_ => new Thread(() =>
        {
            using var store = Another();
            if (FailureOf(() => store.Create(key, Pending, Soon)) is null)
                Interlocked.Increment(ref made);
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Equal(1, made);
    }

    /// <summary>A second client of the same store, as another process has one.</summary>
    private protected virtual Client Another() => new(Store);

    private protected static Block BlockOf(Cidr cidr) => new(cidr)
    {
        Affinity = "host:node-a",
        Allocations = [0, .. Enumerable.Repeat(Block.Free, 63)],
        Unallocated = [.. Enumerable.Range(1, 63)],
        Attributes = [new Attribution("net.c1", new SortedDictionary<string, string>(StringComparer.Ordinal) { ["node"] = "node-a", ["pod"] = "p<1>&" })],
        SequenceNumber = 1782900000000000001,
        AllocatedAt = new Dictionary<int, ulong> { [0] = 1782900000000000000 },
    };

    private protected static DatastoreFailure? FailureOf(Action act)
    {
        try
        {
            act();
            return null;
        }
        catch (DatastoreException e)
        {
            return e.Failure;
        }
    }

    private static IEnumerable<string> Cidrs(IEnumerable<Entry> affinities) => affinities.Select(entry => ((AffinityKey)entry.Key).Cidr.ToString());

    /// <summary>A store that may have to be closed.</summary>
    private protected sealed class Client(IDatastore store) : IDatastore, IDisposable
    {
        public IReadOnlyList<Entry>[] Read(IReadOnlyList<Query> queries, Deadline deadline) => store.Read(queries, deadline);

        public Entry Create(Key key, Resource value, Deadline deadline) => store.Create(key, value, deadline);

        public Entry Update(Entry seen, Resource value, Deadline deadline) => store.Update(seen, value, deadline);

        public void Delete(Entry seen, Deadline deadline) => store.Delete(seen, deadline);

        public void Dispose() => (store as IDisposable)?.Dispose();
    }
}
