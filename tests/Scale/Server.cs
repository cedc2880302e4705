using System.Text;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Datastores.Etcd;
using CniPlugins.Ipam.Blocks.Datastores.Kubernetes;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Kubernetes;

namespace CniPlugins.Scale;

/// <summary>What the cluster's datastore is: an etcd, or a Kubernetes API.</summary>
internal sealed class Server(EtcdSettings? etcd, string kubeconfig)
{
    public bool IsKubernetes => etcd is null;

    public IDatastore Open() => etcd is not null ? new EtcdDatastore(etcd) : new KubernetesDatastore(Api(), ApiGroup.V1);

    public static int RoundTripsOf(IDatastore store) => store is EtcdDatastore etcd ? etcd.RoundTrips : ((KubernetesDatastore)store).Api.RoundTrips;

    /// <summary>A node comes to the cluster; in Kubernetes it is the kubelet that says so.</summary>
    public void Join(IDatastore store, string node)
    {
        if (etcd is not null)
        {
            store.Create(new NodeKey(node), new ClusterNode(new Metadata(node)), Cluster.Soon);
            return;
        }

        using var api = Api();
        var body = Encoding.UTF8.GetBytes($"{{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{{\"name\":\"{node}\"}}}}");
        if (api.Send(new ApiRequest("POST", "api/v1/nodes") { Body = body }, "join", TimeSpan.FromSeconds(60)) is { Status: not (201 or 409) } reply)
            throw new InvalidOperationException($"node {node}: {ApiStatus.Read(reply).Message}");
    }

    private ApiClient Api() => new(() => Kubeconfig.Read([kubeconfig], new KubeconfigOverrides()));
}
