namespace CniPlugins.Cni.Options;

/// <summary>What every plugin's object may have; <see cref="NetConf"/> reads it.</summary>
internal static class CommonOptions
{
    /// <summary>Declares them, for a survey.</summary>
    public static void Declare(OptionReader options)
    {
        _ = options.Text("cniVersion", "The version of the CNI specification that the network speaks.", "0.1.0");
        _ = options.Text("name", "The network's name.");
        _ = options.Text("type", "The plugin's name: a file in CNI_PATH.");
        _ = options.Section("ipam", "How the pod gets its addresses; `type` names the plugin that gives them.");
        _ = DnsOptions.Read(options);
        _ = options.Section("capabilities", "What the runtime may hand over in `runtimeConfig`: names, each with true.");
        _ = options.Section("runtimeConfig", "What the runtime hands over, by the names of the capabilities.");
        _ = options.Section("args", "What a runtime's user wants for one container, in `cni`.");
        _ = options.Section("prevResult", "The result of the plugins before this one; the runtime sets it.");
    }

    /// <summary>Which plugin gives the addresses; empty for none.</summary>
    public static string IpamType(OptionReader options) =>
        options.Section("ipam").Text("type", "The plugin that gives the pod its addresses.");
}
