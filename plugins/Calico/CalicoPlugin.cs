using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.CalicoIpam;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Calico;

/// <summary>Joins a pod to the host as Calico's own plugin does: Felix finds everything where it expects it, and the pod has its network without Felix too.</summary>
/// <param name="stores">The process's datastores, which calico-ipam uses after this plugin.</param>
internal sealed class CalicoPlugin(OpenDatastores stores) : Plugin<CalicoConfig>
{
    public override PluginRole Role => PluginRole.Main;

    public override void Declare(OptionReader options) => CalicoConfig.Declare(options);

    protected override CalicoConfig Read(Request request) => CalicoConfig.Read(request);

    protected override CniResult Add(AddRequest request, CalicoConfig config)
    {
        var log = CallLog.Of(request, "calico", $"ADD {request.ContainerId}/{request.IfName}");
        try
        {
            var result = Attach(request, config);
            log.Info($"attached {string.Join(", ", result.Ips.Select(ip => ip.Address))} by {result.Interfaces[0].Name}");
            return result;
        }
        catch (Exception e)
        {
            log.Error(e.Message);
            throw;
        }
    }

    private CniResult Attach(AddRequest request, CalicoConfig config)
    {
        request = request with { Environment = Tolerant(request.Environment) };
        var pod = PodIdentity.Parse(request.Environment.Args);
        using var netns = PodNetns.Open(request.Netns);
        using var host = RouteSocket.OpenHere();
        using var inside = RouteSocket.OpenIn(netns);
        var endpoint = Endpoint.Open(request, config, pod, stores);
        var lookup = endpoint.LookUp();
        lookup.RequireReady();
        ReadinessGate.Await(config.ReadinessGates);
        var wishes = endpoint.Wishes(lookup);
        var podCidr = endpoint.PodCidrs();
        using var undo = new Undo();

        endpoint.ReleaseEarlier(lookup, wishes);
        var leased = undo.Guard(new Addressing(request, wishes, podCidr).Take(), _ => GiveBack(request, wishes));
        var addresses = leased.Ips.Select(ip => ip.Address.Address).ToList();
        endpoint.RequireFamilies(wishes, addresses);
        var link = new PodLink(host, inside, netns, request);
        var outer = undo.Guard(link.Create(HostLinkName.Of(pod, request), config, wishes), created => created.Delete());
        var inner = inside.RequireLink(request.IfName.Value);
        link.Configure(outer, inner, addresses, PodRoutes.Of(request, config), config, filtersSources: wishes.AllowedSources.Count == 0);
        outer = PodVeth.AwaitUp(outer, inner, "host interface in error state");
        InterfaceSetup.AwaitReceiving(inner, addresses);
        endpoint.Write(lookup, wishes, addresses, outer, inner);
        undo.Commit();

        EndpointStatus.Await(config, pod, request.IfName);
        return leased with
        {
            Interfaces = [new Interface(outer.Name), new Interface(inner.Name, inner.Mac?.ToString() ?? "", request.Netns) { Mtu = config.Mtu ?? 0 }],
            Ips = [.. addresses.Select(address => new IpConfig(Cidr.Host(address), Interface: 1))],
        };
    }

    protected override void Del(DelRequest request, CalicoConfig config)
    {
        var log = CallLog.Of(request, "calico", $"DEL {request.ContainerId}/{request.IfName}");
        try
        {
            Detach(request, config);
            log.Info("detached");
        }
        catch (Exception e)
        {
            log.Error(e.Message);
            throw;
        }
    }

    private void Detach(DelRequest request, CalicoConfig config)
    {
        request = request with { Environment = Tolerant(request.Environment) };
        var teardown = new Teardown();
        var isLocked = false;
        teardown.Try(() =>
        {
            var endpoint = Endpoint.Open(request, config, PodIdentity.ParseOrNone(request.Environment.Args), stores);
            var lookup = endpoint.LookUp();
            isLocked = !lookup.IsReady;
            lookup.RequireReady();
            endpoint.Delete(lookup);
        });
        var isGone = PodVeth.Remove(request, teardown);
        if (isGone && (!isLocked || IsElsewhere(request)))
            teardown.Try(Addressing.Call(request).Del);
        teardown.ThrowIfFailed();
    }

    protected override void Check(CheckRequest request, CalicoConfig config)
    {
        request = request with { Environment = Tolerant(request.Environment) };
        var pod = PodIdentity.Parse(request.Environment.Args);
        var expected = request.Conf.PreviousResult() ?? throw new CniException("calico: Required prevResult missing");
        using var netns = PodNetns.Open(request.Netns);
        using var host = RouteSocket.OpenHere();
        using var inside = RouteSocket.OpenIn(netns);
        var endpoint = Endpoint.Open(request, config, pod, stores);
        var lookup = endpoint.LookUp();
        Addressing.Call(request).Check();
        PodCheck.Run(request, expected, host, inside, HostLinkName.Of(pod, request));
        endpoint.Check(lookup);
    }

    protected override void Gc(GcRequest request, CalicoConfig config)
    {
        var teardown = new Teardown();
        teardown.Try(() =>
        {
            var choice = DatastoreChoice.Of(request);
            if (choice.Cluster is null)
                StoredEndpoint.Collect(stores.Open(choice), request, config.Node);
        });
        if (teardown.Try(() => PodVeth.Collect(new Garbage(request))))
            teardown.Try(Addressing.Call(request).Gc);
        teardown.ThrowIfFailed();
    }

    protected override void Status(StatusRequest request, CalicoConfig config)
    {
        try
        {
            var store = stores.Open(DatastoreChoice.Of(request));
            ClusterLookup.ForAdd(store, PodIdentity.None, asksKubernetes: false, wish: null).RequireReady();
        }
        catch (Exception e) when (e is DatastoreException or CniException { Code: CniErrorCode.TryAgainLater })
        {
            throw new CniException(CniErrorCode.PluginNotAvailable, $"calico cannot attach pods: {e.Message}", CniException.From(e).Details);
        }

        Addressing.Call(request).Status();
    }

    /// <summary>Keys of Kubernetes' that an address plugin does not know are no reason for it to fail.</summary>
    private static CniEnvironment Tolerant(CniEnvironment environment) =>
        environment.WithVariable("CNI_ARGS", environment.Args is { Length: > 0 } args ? $"IgnoreUnknown=1;{args}" : "IgnoreUnknown=1");

    private static void GiveBack(AddRequest request, PodWishes wishes)
    {
        if (wishes.AddressesWithoutIpam.Count == 0)
            Addressing.Call(request).Del();
    }

    /// <summary>Addresses that are not in the cluster's datastore can be given back without it.</summary>
    private static bool IsElsewhere(DelRequest request) => request.Conf.IpamType != "calico-ipam";
}
