using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>Gives a pod addresses out of its node's blocks, which are cut from the pools of a whole cluster (Calico's IPAM).</summary>
/// <param name="stores">The process's datastores, which another plugin may have opened already.</param>
internal sealed class CalicoIpamPlugin(OpenDatastores? stores = null) : Plugin
{
    public override PluginRole Role => PluginRole.Ipam;

    public override void Declare(OptionReader options) => CalicoIpamConfig.Declare(options);

    public override CniResult Add(AddRequest request)
    {
        var config = CalicoIpamConfig.Read(request.Conf);
        var pod = PodIdentity.Parse(request.Environment.Args);
        return Session.Run(request, Subject(request, "ADD"), stores, session =>
        {
            new PoolBook(session.Store).Ensure(config.Pools, Deadline.After(Session.ForPools));
            var assigned = new Assignment(session, config, request, pod).Take();
            session.Log.Info($"assigned {string.Join(", ", assigned)}");
            return new CniResult
            {
                Ips = [.. assigned.Select(address => new IpConfig(address, config.Gateways.FirstOrDefault(gateway => gateway.IsV6 == address.Address.IsV6) is var gateway && gateway != default ? gateway : null))],
                Routes = [.. assigned.Select(address => new RouteConfig(address)), .. config.Routes],
            };
        });
    }

    public override void Del(DelRequest request) => Session.Run(request, Subject(request, "DEL"), stores, session =>
    {
        var handles = Handles(request).Distinct().ToList();
        using var held = HostLock.Take(request.Conf, session.Log);
        var deadline = Deadline.After(Session.ForAddresses);
        session.Store.ReadAhead([.. handles.Select(handle => (Query)new HandleKey(handle)), new SettingsKey()], deadline);
        foreach (var handle in handles)
            session.Log.Info(session.Blocks.ReleaseByHandle(handle, deadline) ? $"released what {handle} had" : $"{handle} has nothing");
        return true;
    });

    public override void Check(CheckRequest request) => Session.Run(request, Subject(request, "CHECK"), stores, session =>
    {
        var deadline = Deadline.After(Session.ForAddresses);
        var held = session.Blocks.AddressesOf(HandleOf(request), deadline);
        if (held.Count == 0)
            throw new CniException($"calico-ipam: {HandleOf(request)} has no address", "it was released; recreate the pod");
        var promised = request.Conf.PreviousResult()?.Ips ?? [];
        var pools = new PoolBook(session.Store).All(deadline).Select(entry => entry.Value).OfType<IpPool>().ToList();
        foreach (var ip in promised.Where(ip => pools.Any(pool => pool.Cidr.Contains(ip.Address.Address)) && !held.Contains(ip.Address.Address)))
        {
            throw new CniException(
                $"calico-ipam: {ip.Address.Address} is not assigned to {HandleOf(request)}", "another pod may get it, or has it: cnitool ipam show --ip; recreate this one");
        }

        return true;
    });

    public override void Gc(GcRequest request) => Session.Run(request, $"GC {request.Network}", stores, session => new Collection(session, request).Run());

    public override void Status(StatusRequest request)
    {
        var config = CalicoIpamConfig.Read(request.Conf);
        Session.Run(request, $"STATUS {request.Network}", stores, session => new Readiness(session, config).Require());
    }

    /// <summary>Upstream's handle: all addresses of a container on a network, whatever its interfaces are called.</summary>
    private static string HandleOf(AttachmentRequest request) => $"{request.Network}.{request.ContainerId}";

    private static string Subject(AttachmentRequest request, string verb) => $"{verb} {HandleOf(request)}/{request.IfName}";

    /// <summary>The handle of today and the one of Calico 2; arguments that cannot be read are no reason to keep the addresses.</summary>
    private static IEnumerable<string> Handles(DelRequest request)
    {
        yield return HandleOf(request);
        yield return PodIdentity.ParseOrNone(request.Environment.Args).LegacyHandle(request.ContainerId);
    }
}
