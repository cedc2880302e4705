using CniPlugins.Cni.Options;

namespace CniPlugins.Cnitool.Validation;

/// <summary>What can be said of a type that is no plugin of this suite, where nobody says in which directories plugins are.</summary>
internal static class OtherPlugins
{
    private static readonly Dictionary<string, string> Makers = new()
    {
        ["antrea"] = "Antrea's",
        ["aws-cni"] = "Amazon's",
        ["azure-vnet"] = "Microsoft's",
        ["calico"] = "Calico's",
        ["cilium-cni"] = "Cilium's",
        ["dnsname"] = "podman's",
        ["istio-cni"] = "Istio's",
        ["kube-ovn"] = "Kube-OVN's",
        ["linkerd-cni"] = "Linkerd's",
        ["multus"] = "Multus'",
        ["multus-shim"] = "Multus'",
        ["ovn-k8s-cni-overlay"] = "OVN-Kubernetes'",
        ["sriov"] = "the SR-IOV plugin",
        ["tc-redirect-tap"] = "Firecracker's",
        ["weave-net"] = "Weave Net's",
        ["whereabouts"] = "Whereabouts'",
        ["win-bridge"] = "the reference suite's for Windows",
        ["win-overlay"] = "the reference suite's for Windows",
    };

    /// <summary>Whose it is, or what was meant; null for a plugin of this suite.</summary>
    public static string? Describe(string type) =>
        KnownPlugins.Find(type) is not null || PluginSchemas.FindIpam(type) is not null ? null
        : Makers.TryGetValue(type, out var maker) ? $"no plugin of this suite ({maker}): its options are not checked"
        : Spelling.Suggest(type, KnownPlugins.Names) is { Length: > 0 } suggestion ? $"no plugin of this suite{suggestion}"
        : "no plugin of this suite, nor one that is known here: its options are not checked";
}
