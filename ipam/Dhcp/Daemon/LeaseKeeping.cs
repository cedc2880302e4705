using CniPlugins.Linux;

namespace CniPlugins.Ipam.Dhcp.Daemon;

/// <summary>What all leases of a daemon share.</summary>
internal sealed record LeaseKeeping(EventLoop Loop, DaemonOptions Options, LeaseDirectory Directory)
{
    public Pace Pace { get; } = new(Options);
}
