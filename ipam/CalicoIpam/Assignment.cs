using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>What one ADD takes: the address that was asked for, or one of each family that the network has; all of it or nothing.</summary>
internal sealed class Assignment(Session session, CalicoIpamConfig config, AddRequest request, PodIdentity pod)
{
    private readonly string _handle = $"{request.Network}.{request.ContainerId}";

    /// <summary>The addresses, IPv4 first: with their blocks' prefix lengths, or alone when they were asked for.</summary>
    public IReadOnlyList<Cidr> Take()
    {
        if (pod.Wanted is { } wanted)
            return [TakeWanted(wanted)];
        var wish = Wish(config) with { Handle = _handle, Attributes = pod.Attributes(config.Node), NodeMayBeMissing = session.Choice.Cluster is null };
        wish = wish with { NamespaceLabels = NamespaceLabels(wish) };
        var (pools4, pools6) = ResolvePools();
        using var held = HostLock.Take(request.Conf, session.Log);
        var deadline = Deadline.After(Session.ForAddresses);
        KeepGateways(deadline);
        var outcome = session.Blocks.AutoAssign(wish with { Pools4 = pools4, Pools6 = pools6 }, deadline);
        if (outcome.Error is null && outcome.V4.IsComplete && outcome.V6.IsComplete)
            return outcome.Addresses;
        GiveBack(outcome.Addresses, deadline);
        throw Failure(outcome);
    }

    /// <summary>What a network wants of a pod: how many addresses of which family.</summary>
    public static AssignRequest Wish(CalicoIpamConfig config) => new(config.Node, Handle: null) { Count4 = config.AssignsV4 ? 1 : 0, Count6 = config.AssignsV6 ? 1 : 0 };

    /// <summary>The labels of the pod's namespace, by which pools may choose; read together with all that the assignment begins with.</summary>
    private IReadOnlyDictionary<string, string> NamespaceLabels(AssignRequest wish)
    {
        if (session.Choice.Cluster is null || !pod.IsKubernetes)
            return wish.NamespaceLabels;
        var answers = session.Store.ReadAhead([new NamespaceKey(pod.Namespace), .. BlockIpam.QuestionsOf(wish)], Deadline.After(Session.ForPools));
        return answers[0] is [var space, ..] ? space.As<ClusterNamespace>().Labels
            : throw new CniException($"failed to get namespace {pod.Namespace}: namespaces \"{pod.Namespace}\" not found");
    }

    private Cidr TakeWanted(IpAddress wanted)
    {
        using var held = HostLock.Take(request.Conf, session.Log);
        var deadline = Deadline.After(Session.ForAddresses);
        try
        {
            session.Blocks.Assign(new ExactRequest(wanted, config.Node, _handle) { Attributes = pod.Attributes(config.Node), Use = PoolUse.Workload }, deadline);
            return Cidr.Host(wanted);
        }
        catch (IpamException e) when (e.Failure is IpamFailure.AlreadyAssigned)
        {
            throw new CniException(e.Code, $"{wanted}: {e.Message}", $"cnitool ipam show --ip {wanted} says who has it");
        }
        catch (IpamException e)
        {
            throw new CniException(e.Code, $"{wanted}: {e.Message.TrimEnd()}", e.Details);
        }
    }

    /// <summary>Names of pools as their networks; what is written as a network is taken as it is.</summary>
    private (IReadOnlyList<Cidr> V4, IReadOnlyList<Cidr> V6) ResolvePools()
    {
        if (config.Pools4.Count + config.Pools6.Count == 0)
            return ([], []);
        var pools = new PoolBook(session.Store).All(Deadline.After(Session.ForPools)).Select(entry => entry.Value).OfType<IpPool>().ToList();
        return ([.. config.Pools4.Select(text => Resolve(text, pools, isV6: false))], [.. config.Pools6.Select(text => Resolve(text, pools, isV6: true))]);
    }

    private static Cidr Resolve(string text, List<IpPool> pools, bool isV6)
    {
        var cidr = Cidr.TryParse(text, out var written) ? written.Network
            : pools.FirstOrDefault(pool => pool.Name == text)?.Cidr
            ?? throw new CniException($"error parsing pool \"{text}\": there is no pool of that name", $"pools: {string.Join(", ", pools.Select(pool => pool.Name))}");
        return cidr.Address.IsV6 == isV6 ? cidr : throw new CniException($"\"{cidr.Address}\" isn't a IPv{(isV6 ? 6 : 4)} address", $"pool {text} is of the other family");
    }

    /// <summary>
    /// A gateway that somebody configured is nobody else's: it is held by a handle of its own, for all nodes, and with it the first and the last address of its
    /// block, which are the network's and the broadcast address to everybody on the gateway's link.
    /// </summary>
    private void KeepGateways(Deadline deadline)
    {
        if (config.Gateways.Count == 0)
            return;
        var handle = $"gateway-{request.Network}";
        var held = session.Blocks.AddressesOf(handle, deadline);
        if (config.Gateways.All(held.Contains))
            return;
        var pools = new PoolBook(session.Store).All(deadline).Select(entry => entry.Value).OfType<IpPool>().ToList();
        foreach (var gateway in config.Gateways)
        {
            if (!gateway.IsV6 && pools.FirstOrDefault(pool => pool.Cidr.Contains(gateway))?.BlockOf(gateway) is { PrefixLength: < 31 } block)
            {
                Keep(handle, block.First, deadline);
                Keep(handle, block.Last, deadline);
            }

            Keep(handle, gateway, deadline); // last: when it is there, the others are
        }
    }

    private void Keep(string handle, IpAddress address, Deadline deadline)
    {
        try
        {
            session.Blocks.Assign(
                new ExactRequest(address, config.Node, handle) { Attributes = new Dictionary<string, string> { ["type"] = "gateway", ["node"] = config.Node } }, deadline);
        }
        catch (IpamException e) when (e.Failure is IpamFailure.AlreadyAssigned or IpamFailure.NotOwnBlock)
        {
            if (!session.Blocks.AddressesOf(handle, deadline).Contains(address))
                throw new CniException(CniErrorCode.InvalidNetworkConfig, $"gateway: {address}: {e.Message.TrimEnd()}", $"cnitool ipam show --ip {address} says who has it");
        }
    }

    /// <summary>Half of what was asked for is nothing. The failure that led here is on its way and must not be replaced; DEL finds what stays.</summary>
    private void GiveBack(IReadOnlyList<Cidr> addresses, Deadline deadline)
    {
        if (addresses.Count == 0)
            return;
        var outcome = session.Blocks.Release([.. addresses.Select(address => new ReleaseRequest(address.Address, _handle))], deadline.AtLeast(TimeSpan.FromSeconds(30)));
        if (outcome.Error is { } e)
            session.Log.Warning($"giving back {string.Join(", ", addresses)}: {e.Message}");
    }

    private static Exception Failure(AssignOutcome outcome)
    {
        const string Hint = "cnitool ipam show says how full the pools are, cnitool ipam check whether addresses are leaked";
        return outcome.Error switch
        {
            IpamException { Failure: IpamFailure.NoPool } e => new CniException(e.Code, e.Message, $"{(e.Details.Length > 0 ? $"{e.Details}; " : "")}cnitool ipam pool list shows the pools"),
            IpamException { Failure: IpamFailure.BlockLimit or IpamFailure.NoBlock } e => new CniException(e.Code, e.Message, $"{outcome.V4.Shortfall ?? outcome.V6.Shortfall}; {Hint}"),
            { } e => e,
            _ => !outcome.V4.IsComplete ? new CniException($"failed to request IPv4 addresses: {outcome.V4.Shortfall}", Hint)
                : new CniException($"failed to request IPv6 addresses: {outcome.V6.Shortfall}", Hint),
        };
    }
}
