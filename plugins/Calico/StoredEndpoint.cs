using System.Globalization;
using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Datastores.Kubernetes;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.CalicoIpam;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Calico;

/// <summary>The endpoint where etcd (or this machine's files) is the datastore: a resource of its own.</summary>
/// <param name="request">The call.</param>
/// <param name="config">The network's configuration.</param>
/// <param name="pod">Who is to be attached.</param>
/// <param name="store">The datastore.</param>
/// <param name="kubernetes">Where pods and namespaces are, when the configuration asks them too.</param>
internal sealed class StoredEndpoint(AttachmentRequest request, CalicoConfig config, PodIdentity pod, ReadAheadDatastore store, ReadAheadDatastore? kubernetes)
    : Endpoint(request, config, pod, store)
{
    private EndpointKey Key => new(Pod.Namespace, WorkloadEndpoint.NameOf(Config.Node, Orchestrator, Pod.IsKubernetes ? Pod.Pod : Request.ContainerId.Value, Request.IfName.Value));

    private string Orchestrator => Pod.IsKubernetes ? "k8s" : "cni";

    public override ClusterLookup LookUp()
    {
        Store.ReadAhead([Key], Deadline.After(Session.ForPools));
        var pods = kubernetes is null ? null : ClusterLookup.ForPod(kubernetes, Pod);
        var own = Request is AddRequest ? ClusterLookup.ForAdd(Store, Pod, asksKubernetes: false, IpamWish()) : ClusterLookup.ForDel(Store, Pod, asksKubernetes: false, ReadsForIpam ? Handles : []);
        return pods is null ? own : own.With(pods);
    }

    public override void RequireFamilies(PodWishes wishes, IReadOnlyList<IpAddress> addresses)
    {
        foreach (var floating in wishes.FloatingIps.Where(floating => addresses.All(address => address.IsV6 != floating.IsV6)))
            throw new CniException($"floating IP {floating} is of a family that the pod has no address of");
    }

    public override void Write(ClusterLookup lookup, PodWishes wishes, IReadOnlyList<IpAddress> addresses, Link outer, Link inner)
    {
        var deadline = Deadline.After(Session.ForPools);
        if (!Config.AsksKubernetes)
            EnsureProfile(deadline);
        var there = Store.Find(Key, deadline);
        var endpoint = Describe(lookup.Pod, wishes, addresses, outer, inner);
        if (there is null)
            Store.Create(Key, endpoint with { Metadata = endpoint.Metadata with { Uid = Guid.NewGuid().ToString(), CreationTimestamp = Now() } }, deadline);
        else
            Store.Update(there, endpoint with { Metadata = there.As<WorkloadEndpoint>().Metadata with { Labels = endpoint.Metadata.Labels } }, deadline);
    }

    public override void Delete(ClusterLookup lookup)
    {
        var deadline = Deadline.After(Session.ForPools);
        for (var attempt = 0; attempt < 6 && Store.Find(Key, deadline) is { } there; attempt++)
        {
            if (there.Value is WorkloadEndpoint { ContainerId.Length: > 0 } endpoint && endpoint.ContainerId != Request.ContainerId.Value)
                return; // a newer sandbox's
            try
            {
                Store.Delete(there, deadline);
                return;
            }
            catch (DatastoreException e) when (e.Failure is DatastoreFailure.RevisionConflict or DatastoreFailure.NotFound)
            {
                continue;
            }
        }
    }

    /// <summary>GC: this node's endpoints of containers of this network that are no more. Those that carry Kubernetes' profiles do not say of which network they are.</summary>
    public static void Collect(IDatastore store, GcRequest request, string node)
    {
        var (deadline, valid) = (Deadline.After(Session.ForAddresses), request.Valid.Select(attachment => attachment.ContainerId).ToHashSet());
        var started = DateTimeOffset.UtcNow - TimeSpan.FromMicroseconds((BootClock.Nanoseconds - request.Started) / 1_000.0);
        foreach (var entry in store.List(new AllEndpoints(), deadline))
        {
            if (entry.Value is not WorkloadEndpoint endpoint || endpoint.Node != node || !endpoint.Profiles.Contains(request.Network) || valid.Contains(endpoint.ContainerId)
                || (DateTimeOffset.TryParse(endpoint.Metadata.CreationTimestamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var born) && born > started))
                continue;
            try
            {
                store.Delete(entry, deadline);
            }
            catch (DatastoreException e) when (e.Failure is DatastoreFailure.RevisionConflict or DatastoreFailure.NotFound)
            {
                continue; // somebody is at it, or was
            }
        }
    }

    public override void Check(ClusterLookup lookup)
    {
        if (Store.Find(Key, Deadline.After(Session.ForPools))?.As<WorkloadEndpoint>() is not { } there)
            throw new CniException($"calico: {Key} does not exist", "recreate the pod");
        if (there.ContainerId != Request.ContainerId.Value)
            throw new CniException($"calico: {Key} belongs to another sandbox by now: {there.ContainerId}");
    }

    protected override IReadOnlyList<IpAddress> EarlierAddresses(ClusterLookup lookup) =>
        Store.Inner.Find(Key, Deadline.After(Session.ForPools))?.Value is WorkloadEndpoint there
            ? [.. there.Networks.Select(text => Cidr.TryParse(text, out var cidr) ? cidr.Address : default).Where(address => address != default)]
            : [];

    protected override KubernetesDatastore? Cluster() => kubernetes?.Inner as KubernetesDatastore;

    private WorkloadEndpoint Describe(ClusterPod? known, PodWishes wishes, IReadOnlyList<IpAddress> addresses, Link outer, Link inner) => new(new Metadata(Key.Name) { Labels = LabelsOf(known) })
    {
        Namespace = Key.Namespace,
        Orchestrator = Orchestrator,
        Node = Config.Node,
        ContainerId = Request.ContainerId.Value,
        Pod = Pod.Pod,
        Interface = Request.IfName.Value,
        ServiceAccount = known?.ServiceAccount ?? "",
        Networks = [.. addresses.Select(address => Cidr.Host(address).ToString())],
        Nats = [.. wishes.FloatingIps.Select(floating => (addresses.FirstOrDefault(address => address.IsV6 == floating.IsV6).ToString(), floating.ToString()))],
        Profiles = ProfilesOf(known),
        HostInterface = outer.Name,
        Mac = inner.Mac?.ToString() ?? "",
        Ports = known?.Ports ?? [],
        AllowedSources = [.. wishes.AllowedSources.Select(source => source.ToString())],
    };

    private IReadOnlyList<string> ProfilesOf(ClusterPod? known) =>
        !Config.AsksKubernetes || !Pod.IsKubernetes ? [Request.Network]
        : known?.ServiceAccount is { Length: > 0 } account ? [$"kns.{Pod.Namespace}", $"ksa.{Pod.Namespace}.{account}"]
        : [$"kns.{Pod.Namespace}"];

    private Dictionary<string, string> LabelsOf(ClusterPod? known)
    {
        var labels = new Dictionary<string, string>(known?.Labels ?? new Dictionary<string, string>())
        {
            ["projectcalico.org/namespace"] = Pod.Namespace,
            ["projectcalico.org/orchestrator"] = Orchestrator,
        };
        if (known?.ServiceAccount is { Length: > 0 and < 63 } account)
            labels["projectcalico.org/serviceaccount"] = account;
        return labels;
    }

    private void EnsureProfile(Deadline deadline)
    {
        var key = new ProfileKey(Request.Network);
        if (Store.Find(key, deadline) is not null)
            return;
        try
        {
            var metadata = new Metadata(Request.Network) { Uid = Guid.NewGuid().ToString(), CreationTimestamp = Now() };
            Store.Create(key, new NetworkProfile(metadata, AllowsEverybody: Pod.IsKubernetes), deadline);
        }
        catch (DatastoreException e) when (e.Failure == DatastoreFailure.AlreadyExists)
        {
            return; // made in this moment
        }
    }

    private static string Now() => DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
