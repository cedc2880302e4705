namespace CniPlugins.Ipam.Dhcp.Daemon;

/// <summary>Where a lease is in its life (RFC 2131 section 4.4, figure 5).</summary>
internal enum LeaseState
{
    /// <summary>Offers are asked for.</summary>
    Selecting,

    /// <summary>One was taken, which the server has to confirm.</summary>
    Requesting,

    Bound,

    /// <summary>The server is asked for more time.</summary>
    Renewing,

    /// <summary>Any server is asked for more time.</summary>
    Rebinding,
}
