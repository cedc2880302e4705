namespace CniPlugins.Ipam.Blocks.Datastores.Kubernetes;

/// <summary>The form in which Calico's objects are in the API: that of all its versions, or the newer one without conversions (3.32).</summary>
internal sealed class ApiGroup
{
    public static readonly ApiGroup V1 = new("crd.projectcalico.org/v1", "ipamconfigs", "IPAMConfig");
    public static readonly ApiGroup V3 = new("projectcalico.org/v3", "ipamconfigurations", "IPAMConfiguration");

    private ApiGroup(string version, string settingsPlural, string settingsKind) => (Version, SettingsPlural, SettingsKind) = (version, settingsPlural, settingsKind);

    /// <summary>The objects' <c>apiVersion</c>, and what stands behind <c>/apis/</c>.</summary>
    public string Version { get; }

    public string SettingsPlural { get; }

    public string SettingsKind { get; }

    /// <summary>Reads <c>calico_api_group</c>: null leaves it to what the server has; whatever is not the newer one is the older one, as upstream has it.</summary>
    public static ApiGroup? Parse(string text) => text.Length == 0 ? null : text.Equals(V3.Version, StringComparison.OrdinalIgnoreCase) ? V3 : V1;
}
