using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Kubernetes;
using CniPlugins.Net;

namespace CniPlugins.Calico;

/// <summary>
/// The endpoint of a cluster whose datastore is Kubernetes: three annotations of the pod, from which Felix and kube-controllers derive everything else
/// (libcalico-go: backend/k8s/resources/workloadendpoint.go).
/// </summary>
internal sealed class PodAnnotations(ApiClient api)
{
    public const string ContainerId = "cni.projectcalico.org/containerID";

    private const string Address = "cni.projectcalico.org/podIP";
    private const string Addresses = "cni.projectcalico.org/podIPs";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>
    /// kubectl annotate pod … podIP=… podIPs=… containerID=…, by its status as the role wants it. Only this pod's: one of the same name that came since has another
    /// UID, and this call is of no use to it.
    /// </summary>
    public void Write(ClusterPod pod, string space, ContainerId container, IReadOnlyList<IpAddress> addresses)
    {
        var texts = addresses.Select(address => Cidr.Host(address).ToString()).ToList();
        var reply = Patch(pod, space, version: null, (Address, texts.Count > 0 ? texts[0] : ""), (Addresses, string.Join(',', texts)), (ContainerId, container.Value));
        if (!reply.IsSuccess)
            throw new CniException($"error writing the addresses of pod {space}/{pod.Metadata.Name}: {ApiStatus.Read(reply).Message}", reply.Status is 404 or 422 ? "the pod is gone, or another of its name is there" : "");
    }

    /// <summary>
    /// Says that the pod has no address any more: it frees them for Felix and for policies before the kubelet reports. False when the pod has changed meanwhile and
    /// is to be looked at again.
    /// </summary>
    public bool TryClear(ClusterPod pod, string space, string version)
    {
        var reply = Patch(pod, space, version, (Address, ""), (Addresses, ""));
        if (reply.IsSuccess || reply.Status == 404)
            return true;
        var status = ApiStatus.Read(reply);
        if (reply.Status == 409 || (reply.Status == 422 && status.Fields.Any(field => field == "metadata.resourceVersion")))
            return false;
        return reply.Status == 422 && status.Fields.Any(field => field == "metadata.uid") ? true // another pod of its name, which is none of ours
            : throw new CniException($"error deleting endpoint: {status.Message}");
    }

    private ApiReply Patch(ClusterPod pod, string space, string? version, params ReadOnlySpan<(string Name, string Value)> annotations)
    {
        var json = new JsonWriter(indented: false);
        json.WriteStartObject();
        json.WriteStartObject("metadata");
        json.WriteStartObject("annotations");
        foreach (var (name, value) in annotations)
            json.WriteString(name, value);
        json.WriteEndObject();
        if (version is not null)
            json.WriteString("resourceVersion", version);
        json.WriteUnlessEmpty("uid", pod.Metadata.Uid);
        json.WriteEndObject();
        json.WriteEndObject();
        var path = $"api/v1/namespaces/{Uri.EscapeDataString(space)}/pods/{Uri.EscapeDataString(pod.Metadata.Name)}/status";
        return api.Send(
            new ApiRequest("PATCH", path) { Body = json.ToArray(), ContentType = ApiRequest.StrategicMergePatch }, $"annotate pod {space}/{pod.Metadata.Name}", Limit);
    }
}
