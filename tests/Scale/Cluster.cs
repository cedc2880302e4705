using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Editing;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Scale;

/// <summary>A simulated cluster on a real datastore: nodes that assign and release as calico-ipam does, one pod at a time on each node, many nodes at once.</summary>
internal sealed class Cluster(Server server, Cidr pool)
{
    private readonly ConcurrentDictionary<string, Lock> _locks = new();

    /// <summary>What each handle was told that it has.</summary>
    public ConcurrentDictionary<string, Cidr> Given { get; } = new();

    public static Deadline Soon => Deadline.After(TimeSpan.FromSeconds(90));

    public static string Node(int i) => string.Create(CultureInfo.InvariantCulture, $"node-{i:0000}.example.internal");

    /// <summary>The pool and the nodes.</summary>
    public void Found(int nodes, int atOnce)
    {
        Parallelly(nodes, atOnce, (i, store) =>
        {
            if (i == 0)
                store.Create(new PoolKey("pods"), new IpPool(new Metadata("pods"), pool), Soon);
            server.Join(store, Node(i));
        });
    }

    /// <summary>Writes a node's block with so many pods in it as it stands after they came, without going through their assignments.</summary>
    public static void Fill(IDatastore store, Cidr pool, int number, int first, int pods)
    {
        var (node, owner) = (Node(number), BlockOwner.Host(Node(number)));
        var block = new Cidr(pool.First.Plus((UInt128)(number * 64)), 26);
        if (store.Find(new BlockKey(block), Soon) is not null)
            block = new Cidr(block.First.Plus(8192 * 64), 26); // somebody has come before
        var made = NewBlock.For(block, owner, Clock.System, null);
        var draft = new BlockDraft(made, DateTimeOffset.UtcNow, 0);
        for (var i = 0; i < pods; i++)
        {
            draft.Assign(1, new Attribution(Handle(first + i), Attributes(node, first + i)), Ipam.Blocks.Pools.ReservedRanges.Of([]));
            store.Create(new HandleKey(Handle(first + i)), BlockHandle.Of(block, 1), Soon);
        }

        store.Create(new BlockKey(block), draft.ToBlock(), Soon);
        store.Create(new AffinityKey(owner, block), new BlockAffinity(AffinityState.Confirmed), Soon);
    }

    /// <summary>calico-ipam ADD, less its process.</summary>
    public Sample Add(WatchedStore store, string node, int pod)
    {
        lock (_locks.GetOrAdd(node, _ => new Lock()))
        {
            var outcome = new AssignOutcome();
            var sample = Measure(store, () => outcome = new BlockIpam(store).AutoAssign(
                new AssignRequest(node, Handle(pod)) { Count4 = 1, Attributes = Attributes(node, pod) }, Soon));
            for (; outcome.Error is DatastoreException { Failure: DatastoreFailure.Unavailable }; Retries++)
            {
                // As the kubelet does: the sandbox is taken down, and another try is made.
                Patiently(() => new BlockIpam(store).ReleaseByHandle(Handle(pod), Soon));
                outcome = new BlockIpam(store).AutoAssign(new AssignRequest(node, Handle(pod)) { Count4 = 1, Attributes = Attributes(node, pod) }, Soon);
            }

            if (outcome.Error is not null || outcome.V4.Addresses.Count != 1)
                throw new InvalidOperationException($"pod {pod} on {node}: {outcome.V4.Shortfall}", outcome.Error);
            Given[Handle(pod)] = outcome.V4.Addresses[0];
            return sample;
        }
    }

    /// <summary>calico-ipam DEL, less its process.</summary>
    public Sample Del(WatchedStore store, string node, int pod)
    {
        lock (_locks.GetOrAdd(node, _ => new Lock()))
        {
            var sample = Measure(store, () => Patiently(() => new BlockIpam(store).ReleaseByHandle(Handle(pod), Soon)));
            Given.TryRemove(Handle(pod), out _);
            return sample;
        }
    }

    /// <summary>Does something with each number, on so many threads with a client each.</summary>
    public void Parallelly(int count, int atOnce, Action<int, WatchedStore> act)
    {
        var (next, failures) = (-1, new ConcurrentQueue<Exception>());
        var threads = Enumerable.Range(0, atOnce).Select(_ => new Thread(() =>
        {
            using var store = new WatchedStore(server);
            try
            {
                for (var i = Interlocked.Increment(ref next); i < count && failures.IsEmpty; i = Interlocked.Increment(ref next))
                    act(i, store);
            }
            catch (Exception e) when (e is DatastoreException or IpamException or InvalidOperationException)
            {
                failures.Enqueue(e);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        if (failures.TryDequeue(out var failure))
            throw failure;
    }

    /// <summary>How often an assignment was given up and made again because the datastore was away.</summary>
    public int Retries { get; private set; }

    /// <summary>Until the datastore is back, for two minutes.</summary>
    private static void Patiently(Action act)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                act();
                return;
            }
            catch (DatastoreException e) when (e.Failure == DatastoreFailure.Unavailable && tries < 60)
            {
                Thread.Sleep(2000);
            }
        }
    }

    /// <summary>What is wrong between what was given out and what etcd holds; empty when all is well.</summary>
    public IReadOnlyList<string> Audit()
    {
        using var store = new WatchedStore(server);
        var report = new BlockIpam(store).Check(Deadline.After(TimeSpan.FromMinutes(5)));
        var wrong = report.Problems.Select(problem => problem.Text).Take(5).ToList();
        var twice = Given.Values.Select(cidr => cidr.Address).GroupBy(address => address).Count(group => group.Count() > 1);
        var held = report.Holders.Where(holder => holder.Holder.HandleId is not null).ToDictionary(holder => holder.Holder.HandleId!, holder => holder.Address);
        var lost = Given.Count(given => !held.TryGetValue(given.Key, out var address) || address != given.Value.Address);
        if (twice > 0)
            wrong.Add($"{twice} addresses were given out twice");
        if (lost > 0)
            wrong.Add($"{lost} addresses were given out and are not held");
        return wrong;
    }

    private static Sample Measure(WatchedStore store, Action act)
    {
        var (trips, lists, objects, conflicts, started) = (store.RoundTrips, store.FullLists, store.Objects, store.Conflicts, Stopwatch.GetTimestamp());
        act();
        return new Sample(
            Stopwatch.GetElapsedTime(started).TotalMilliseconds, store.RoundTrips - trips, store.FullLists - lists, store.Objects - objects, store.Conflicts - conflicts);
    }

    private static string Handle(int pod) => string.Create(CultureInfo.InvariantCulture, $"k8s-pod-network.{pod:x64}");

    private static SortedDictionary<string, string> Attributes(string node, int pod) => new(StringComparer.Ordinal)
    {
        ["namespace"] = "default",
        ["node"] = node,
        ["pod"] = string.Create(CultureInfo.InvariantCulture, $"deployment-7d9c6b8f5d-{pod:x5}"),
        ["timestamp"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd HH:mm:ss.fffffff '+0000 UTC'", CultureInfo.InvariantCulture),
    };
}
