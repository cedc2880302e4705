namespace CniPlugins.Ipam.Dhcp.Rpc;

/// <summary>Bytes that are no gob, or not the one that was expected.</summary>
internal sealed class GobException(string problem) : Exception($"gob: {problem}");
