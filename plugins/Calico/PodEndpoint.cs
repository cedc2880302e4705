using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Datastores.Kubernetes;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.CalicoIpam;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Calico;

/// <summary>The endpoint where Kubernetes is the datastore: the pod itself, with Calico's annotations.</summary>
internal sealed class PodEndpoint(AttachmentRequest request, CalicoConfig config, PodIdentity pod, ReadAheadDatastore store) : Endpoint(request, config, pod, store)
{
    private const int Attempts = 6;

    public override ClusterLookup LookUp() =>
        Request is AddRequest ? ClusterLookup.ForAdd(Store, Pod, asksKubernetes: true, IpamWish()) : ClusterLookup.ForDel(Store, Pod, asksKubernetes: true, ReadsForIpam ? Handles : []);

    public override void Write(ClusterLookup lookup, PodWishes wishes, IReadOnlyList<IpAddress> addresses, Link outer, Link inner) =>
        Annotations.Write(lookup.Pod ?? throw new CniException($"pods \"{Pod.Pod}\" not found"), Pod.Namespace, Request.ContainerId, addresses);

    public override void Delete(ClusterLookup lookup)
    {
        var seen = lookup.PodEntry;
        for (var attempt = 1; seen is not null; attempt++)
        {
            if (!IsOurs(seen.As<ClusterPod>()) || Annotations.TryClear(seen.As<ClusterPod>(), Pod.Namespace, Revision.Of(seen).Version))
                return;
            if (attempt == Attempts)
                throw new CniException(CniErrorCode.TryAgainLater, $"error deleting endpoint: endpoint was modified before it could be deleted: pod {Pod.Namespace}/{Pod.Pod}", "others keep changing the pod");
            seen = Store.Inner.Find(new PodKey(Pod.Namespace, Pod.Pod), Deadline.After(Session.ForPools));
        }
    }

    public override void Check(ClusterLookup lookup)
    {
        if (lookup.Pod is not { } found)
            throw new CniException($"pods \"{Pod.Pod}\" not found", $"in namespace {Pod.Namespace}");
        if (ContainerOf(found) != Request.ContainerId.Value)
            throw new CniException($"calico: pod {Pod.Namespace}/{Pod.Pod} has another sandbox by now: {ContainerOf(found)}");
    }

    protected override IReadOnlyList<IpAddress> EarlierAddresses(ClusterLookup lookup)
    {
        var texts = lookup.Pod is not { } found || found.NodeName != Config.Node ? []
            : found.Addresses.Count > 0 ? found.Addresses
            : found.Annotations.GetValueOrDefault("cni.projectcalico.org/podIPs", "").Split(',');
        var addresses = new List<IpAddress>();
        foreach (var text in texts)
        {
            if (Cidr.TryParse(text.Contains('/', StringComparison.Ordinal) ? text : $"{text}/{(text.Contains(':', StringComparison.Ordinal) ? 128 : 32)}", out var cidr))
                addresses.Add(cidr.Address);
        }

        return addresses;
    }

    protected override KubernetesDatastore Cluster() => (KubernetesDatastore)Store.Inner;

    private PodAnnotations Annotations => new(Cluster().Api);

    /// <summary>Not a newer sandbox's, nor a pod of the same name that lives elsewhere by now.</summary>
    private bool IsOurs(ClusterPod found) =>
        !found.IsOnHostNetwork && found.NodeName == Config.Node && (ContainerOf(found).Length == 0 || ContainerOf(found) == Request.ContainerId.Value);

    private static string ContainerOf(ClusterPod found) => found.Annotations.GetValueOrDefault(PodAnnotations.ContainerId, "");
}
