using System.Text.Json;
using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Datastores.Kubernetes;
using CniPlugins.Kubernetes;
using CniPlugins.Net;

namespace CniPlugins.Calico;

/// <summary>The subnets that Kubernetes has given to a node (<c>spec.podCIDRs</c>), for host-local's usePodCidr.</summary>
internal sealed class NodeSubnets(KubernetesDatastore cluster, string node)
{
    private readonly Lazy<IReadOnlyList<Cidr>> _subnets = new(() => Read(cluster, node));

    /// <summary>The subnet of a family; throws when there is none, or more than one.</summary>
    public string Of(bool isV6)
    {
        var own = _subnets.Value.Where(subnet => subnet.Address.IsV6 == isV6).ToList();
        return own.Count == 1 ? own[0].ToString()
            : throw new CniException($"node {node} has {(own.Count == 0 ? "no" : "more than one")} IPv{(isV6 ? 6 : 4)} podCIDR", $"kubectl get node {node} -o jsonpath='{{.spec.podCIDRs}}'");
    }

    private static IReadOnlyList<Cidr> Read(KubernetesDatastore cluster, string node)
    {
        var reply = cluster.Api.Send(ApiRequest.Get($"api/v1/nodes/{Uri.EscapeDataString(node)}"), $"read node {node}", TimeSpan.FromSeconds(30));
        if (!reply.IsSuccess)
            throw new CniException($"nodes \"{node}\": {ApiStatus.Read(reply).Message}");
        using var document = JsonDocument.Parse(reply.Body);
        var spec = document.RootElement.GetProperty("spec");
        IEnumerable<string> texts = spec.TryGetProperty("podCIDRs", out var several) ? several.EnumerateArray().Select(element => element.GetString() ?? "")
            : spec.TryGetProperty("podCIDR", out var only) ? [only.GetString() ?? ""]
            : [];
        return [.. texts.Select(text => Cidr.TryParse(text, out var subnet) ? subnet : throw new CniException($"node {node}: podCIDR \"{text}\" is no network"))];
    }
}
