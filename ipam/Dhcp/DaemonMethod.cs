namespace CniPlugins.Ipam.Dhcp;

/// <summary>What a daemon can be asked.</summary>
internal static class DaemonMethod
{
    /// <summary>A lease for the pod's interface: a new one, or the one it has.</summary>
    public const string Allocate = "DHCP.Allocate";

    /// <summary>The end of a lease; none is none.</summary>
    public const string Release = "DHCP.Release";

    /// <summary>The lease as it is; an error where there is none. This suite's own.</summary>
    public const string Check = "DHCP.Check";

    /// <summary>The end of what no valid attachment has. This suite's own.</summary>
    public const string Collect = "DHCP.Collect";
}
