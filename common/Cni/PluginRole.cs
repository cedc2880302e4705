namespace CniPlugins.Cni;

/// <summary>A plugin's place in a chain.</summary>
internal enum PluginRole
{
    /// <summary>None of the others.</summary>
    Other,

    /// <summary>Makes CNI_IFNAME, which can be done once.</summary>
    Main,

    /// <summary>Works on the result of a plugin before it.</summary>
    Chained,

    /// <summary>Gives addresses, asked by another plugin.</summary>
    Ipam,
}
