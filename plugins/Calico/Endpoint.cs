using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Datastores.Kubernetes;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.CalicoIpam;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Calico;

/// <summary>What the cluster knows of one attachment (Calico's WorkloadEndpoint): looked up, written, deleted, wherever the cluster keeps it.</summary>
internal abstract class Endpoint
{
    private protected Endpoint(AttachmentRequest request, CalicoConfig config, PodIdentity pod, ReadAheadDatastore store)
    {
        (Request, Config, Pod, Store) = (request, config, pod, store);
        Handles = [$"{request.Network}.{request.ContainerId}", pod.LegacyHandle(request.ContainerId)];
    }

    protected AttachmentRequest Request { get; }

    protected CalicoConfig Config { get; }

    protected PodIdentity Pod { get; }

    protected ReadAheadDatastore Store { get; }

    /// <summary>By which calico-ipam knows the container.</summary>
    protected IReadOnlyList<string> Handles { get; }

    /// <summary>Whether calico-ipam gives the addresses, and in this process: then it is worth while to read for it too.</summary>
    protected bool ReadsForIpam => Request.Conf.IpamType == "calico-ipam";

    public static Endpoint Open(AttachmentRequest request, CalicoConfig config, PodIdentity pod, OpenDatastores stores)
    {
        var choice = DatastoreChoice.Of(request);
        if (choice.Cluster is null)
            return new StoredEndpoint(request, config, pod, stores.Open(choice), config.AsksKubernetes && pod.IsKubernetes ? stores.Open(DatastoreChoice.KubernetesOf(request)) : null);
        if (!pod.IsKubernetes)
            throw new CniException("with datastore_type kubernetes only pods of Kubernetes can be attached: CNI_ARGS has no K8S_POD_NAME and K8S_POD_NAMESPACE");
        return new PodEndpoint(request, config, pod, stores.Open(choice));
    }

    /// <summary>All that must be known, in one round trip.</summary>
    public abstract ClusterLookup LookUp();

    /// <summary>What the pod's annotations ask for.</summary>
    public PodWishes Wishes(ClusterLookup lookup) =>
        !Config.AsksKubernetes || !Pod.IsKubernetes ? PodWishes.None
        : lookup.Pod is not { } pod ? throw new CniException($"pods \"{Pod.Pod}\" not found", $"in namespace {Pod.Namespace}")
        : lookup.Namespace is null ? throw new CniException($"namespaces \"{Pod.Namespace}\" not found")
        : PodWishes.Of(pod, lookup.Namespace, Config, Request.Conf.IpamType);

    /// <summary>The node's subnets, by family, for host-local; null when they are not asked for.</summary>
    public Func<bool, string>? PodCidrs()
    {
        if (!IpamConfig.WantsPodCidr(Request.Conf.Root.Object("ipam")))
            return null;
        var api = Cluster() ?? throw new CniException("usePodCidr needs to know how Kubernetes is reached", "set kubernetes.kubeconfig");
        return new NodeSubnets(api, Request.Conf.Root.Object("kubernetes")?.String("node_name") is { Length: > 0 } name ? name : Config.Node).Of;
    }

    /// <summary>Addresses that the pod asks for by name and had in an earlier sandbox are free from now on.</summary>
    public void ReleaseEarlier(ClusterLookup lookup, PodWishes wishes)
    {
        if (wishes.Addresses.Count == 0)
            return;
        var earlier = EarlierAddresses(lookup);
        if (earlier.Count > 0 && new BlockIpam(Store).Release([.. earlier.Select(address => new ReleaseRequest(address))], Deadline.After(Session.ForAddresses)).Error is { } e)
            throw CniException.Because("failed to release the pod's earlier addresses", e);
    }

    /// <summary>A floating address of a family that the pod does not have leads nowhere.</summary>
    public virtual void RequireFamilies(PodWishes wishes, IReadOnlyList<IpAddress> addresses)
    {
    }

    public abstract void Write(ClusterLookup lookup, PodWishes wishes, IReadOnlyList<IpAddress> addresses, Link outer, Link inner);

    /// <summary>Takes it away, unless a newer sandbox of the same pod has it by now.</summary>
    public abstract void Delete(ClusterLookup lookup);

    /// <summary>Throws when it is another sandbox's, or gone.</summary>
    public abstract void Check(ClusterLookup lookup);

    protected abstract IReadOnlyList<IpAddress> EarlierAddresses(ClusterLookup lookup);

    /// <summary>Kubernetes itself; null when nobody says where it is.</summary>
    protected abstract KubernetesDatastore? Cluster();

    /// <summary>What calico-ipam will begin with; null when it is not asked, or will not understand its configuration.</summary>
    protected AssignRequest? IpamWish()
    {
        try
        {
            return ReadsForIpam ? Assignment.Wish(CalicoIpamConfig.Read(Request.Conf)) : null;
        }
        catch (CniException)
        {
            return null; // it says so itself
        }
    }
}
