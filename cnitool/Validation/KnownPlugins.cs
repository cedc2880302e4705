using CniPlugins.Calico;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Ipam.CalicoIpam;

namespace CniPlugins.Cnitool.Validation;

/// <summary>The suite's plugins, of which only the declarations are used here.</summary>
internal static class KnownPlugins
{
    public static IReadOnlyList<string> Names => [.. Program.All, "calico", "calico-ipam"];

    /// <summary>A plugin of the suite, or null.</summary>
    public static Plugin? Find(string name) => name switch
    {
        "calico" => new CalicoPlugin(new OpenDatastores()),
        "calico-ipam" => new CalicoIpamPlugin(),
        _ => Program.Find(name),
    };

    /// <summary>The capabilities that a plugin makes use of.</summary>
    public static IReadOnlyList<string> CapabilitiesOf(Plugin plugin) =>
        [.. Survey.Describe(plugin.Declare).Where(option => option.Path == "runtimeConfig").Select(option => option.Key)];
}
