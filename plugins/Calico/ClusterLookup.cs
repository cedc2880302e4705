using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.CalicoIpam;

namespace CniPlugins.Calico;

/// <summary>What one call must know of the cluster, read in one round trip, with all that the address plugin will ask first if it is ours.</summary>
internal sealed class ClusterLookup
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private ClusterLookup(IReadOnlyList<Entry> information, IReadOnlyList<Entry> pod, ClusterNamespace? space) =>
        (_information, PodEntry, Namespace) = (information is [var found, ..] ? found : null, pod is [var at, ..] ? at : null, space);

    private readonly Entry? _information;

    /// <summary>The pod as it was read; null when there is none.</summary>
    public Entry? PodEntry { get; }

    public ClusterPod? Pod => PodEntry?.As<ClusterPod>();

    public ClusterNamespace? Namespace { get; }

    /// <summary>For ADD: who the pod is, what its namespace says, and everything from which its address will come.</summary>
    public static ClusterLookup ForAdd(ReadAheadDatastore store, PodIdentity pod, bool asksKubernetes, AssignRequest? wish)
    {
        var queries = new List<Query> { new ClusterInformationKey() };
        if (asksKubernetes)
            queries.AddRange([new PodKey(pod.Namespace, pod.Pod), new NamespaceKey(pod.Namespace)]);
        if (wish is not null)
            queries.AddRange(BlockIpam.QuestionsOf(wish));
        return From(store.ReadAhead(queries, Deadline.After(Limit)), asksKubernetes);
    }

    /// <summary>For DEL: whose the pod is by now, and what the container still holds.</summary>
    public static ClusterLookup ForDel(ReadAheadDatastore store, PodIdentity pod, bool asksKubernetes, IEnumerable<string> handles)
    {
        var queries = new List<Query> { new ClusterInformationKey() };
        if (asksKubernetes)
            queries.AddRange([new PodKey(pod.Namespace, pod.Pod), new NamespaceKey(pod.Namespace)]);
        queries.AddRange(handles.Select(handle => new HandleKey(handle)));
        queries.Add(new SettingsKey());
        return From(store.ReadAhead(queries, Deadline.After(Limit)), asksKubernetes);
    }

    /// <summary>The pod and its namespace alone, where the datastore is not Kubernetes.</summary>
    public static ClusterLookup ForPod(ReadAheadDatastore kubernetes, PodIdentity pod)
    {
        var answers = kubernetes.ReadAhead([new PodKey(pod.Namespace, pod.Pod), new NamespaceKey(pod.Namespace)], Deadline.After(Limit));
        return new ClusterLookup([], answers[0], SpaceOf(answers[1]));
    }

    /// <summary>The same with the pod and namespace of another.</summary>
    public ClusterLookup With(ClusterLookup pods) => new(_information is null ? [] : [_information], pods.PodEntry is null ? [] : [pods.PodEntry], pods.Namespace);

    /// <summary>
    /// Somebody who moves the cluster's objects elsewhere has locked them: nothing may be written. Where nobody has ever said anything (no calico/node, no
    /// operator) nothing is locked.
    /// </summary>
    public bool IsReady => _information is not { } entry || entry.As<ClusterInformation>().IsReady == true;

    /// <summary>Throws code 11 when it is not.</summary>
    public void RequireReady()
    {
        if (!IsReady)
            throw new CniException(CniErrorCode.TryAgainLater, "Calico is currently not ready to process requests", "ClusterInformation default says datastoreReady: false, or nothing");
    }

    private static ClusterLookup From(IReadOnlyList<Entry>[] answers, bool asksKubernetes) =>
        asksKubernetes ? new ClusterLookup(answers[0], answers[1], SpaceOf(answers[2])) : new ClusterLookup(answers[0], [], null);

    private static ClusterNamespace? SpaceOf(IReadOnlyList<Entry> answer) => answer is [var entry, ..] ? entry.As<ClusterNamespace>() : null;
}
