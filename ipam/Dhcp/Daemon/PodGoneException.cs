namespace CniPlugins.Ipam.Dhcp.Daemon;

/// <summary>The pod that a lease was for has ended, or its interface has.</summary>
internal sealed class PodGoneException(string message) : Exception(message);
