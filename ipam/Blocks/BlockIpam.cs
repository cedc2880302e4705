using CniPlugins.Ipam.Blocks.Assigning;
using CniPlugins.Ipam.Blocks.Claiming;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Handles;
using CniPlugins.Ipam.Blocks.Inspection;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.Blocks.Releasing;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks;

/// <summary>Addresses for a whole cluster, block by block, on any datastore: Calico's IPAM. The only door to this room for plugins and tools.</summary>
/// <remarks>One thread at a time. Every call ends by its deadline with a <see cref="DatastoreException"/> (Unavailable) at the latest.</remarks>
internal sealed class BlockIpam(IDatastore store, Clock? clock = null)
{
    private readonly Clock _clock = clock ?? Clock.System;

    /// <summary>Assigns addresses of any pool that fits; never throws for want of addresses or of the datastore, see the outcome.</summary>
    public AssignOutcome AutoAssign(AssignRequest request, Deadline deadline) => new AutoAssigner(store, _clock).Assign(request, deadline);

    /// <summary>What <see cref="AutoAssign"/> asks first, for who wants to read it together with something else.</summary>
    public static IReadOnlyList<Query> QuestionsOf(AssignRequest request) => ClusterView.QueriesFor(request);

    /// <summary>Assigns this very address and returns it as /32 or /128.</summary>
    /// <exception cref="IpamException">NoPool, AlreadyAssigned, NotOwnBlock, HandleLimit.</exception>
    public Cidr Assign(ExactRequest request, Deadline deadline) => new ExactAssigner(store, _clock).Assign(request, deadline);

    /// <summary>Takes addresses back by name; never throws, see the outcome.</summary>
    public ReleaseOutcome Release(IReadOnlyList<ReleaseRequest> requests, Deadline deadline) => new AddressReleaser(store, _clock).Release(requests, deadline);

    /// <summary>Takes back all that a handle holds, and the handle; false when there is no such handle.</summary>
    public bool ReleaseByHandle(string handle, Deadline deadline) => new HandleReleaser(store, _clock).Release(handle, deadline);

    /// <summary>Deletes a handle that counts addresses but holds none; false when there is none such, or it is in use at this moment.</summary>
    public bool DropHandle(string handle, Deadline deadline) => new HandleReleaser(store, _clock).Drop(handle, deadline);

    /// <summary>The addresses that a handle holds.</summary>
    public IReadOnlyList<IpAddress> AddressesOf(string handle, Deadline deadline) => new HandleView(store).AddressesOf(handle, deadline);

    /// <summary>Releases all blocks of an owner; returns those that stay because they hold addresses.</summary>
    public IReadOnlyList<Cidr> ReleaseAffinitiesOf(BlockOwner owner, bool onlyIfEmpty, Deadline deadline) =>
        new AffinityKeeper(store, _clock).ReleaseAll(owner, onlyIfEmpty, deadline);

    /// <summary>Releases all blocks of a pool: what must happen before the pool is deleted.</summary>
    public void ReleasePoolAffinities(Cidr pool, Deadline deadline) => new AffinityKeeper(store, _clock).ReleasePool(pool, deadline);

    /// <summary>Who holds an address; null when it is free or in no block.</summary>
    public AddressHolder? HolderOf(IpAddress address, Deadline deadline) => AddressHolder.Find(store, address, deadline);

    /// <summary>How full pools and blocks are.</summary>
    public ClusterUsage ReadUsage(Deadline deadline) => UsageReport.Read(store, deadline);

    /// <summary>Compares everything with everything and changes nothing.</summary>
    public CheckReport Check(Deadline deadline) => Checker.Run(store, deadline);

    /// <summary>The cluster's switches.</summary>
    public BlockSettings ReadSettings(Deadline deadline) => new SettingsStore(store, _clock).Read(deadline);

    /// <summary>Changes the cluster's switches and returns them.</summary>
    /// <exception cref="IpamException">Invalid: the result contradicts itself.</exception>
    public BlockSettings ChangeSettings(Func<BlockSettings, BlockSettings> change, Deadline deadline) => new SettingsStore(store, _clock).Change(change, deadline);
}
