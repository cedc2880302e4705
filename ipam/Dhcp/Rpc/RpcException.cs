namespace CniPlugins.Ipam.Dhcp.Rpc;

/// <summary>What the other end of a call says is wrong.</summary>
internal sealed class RpcException(string message) : Exception(message)
{
    /// <summary>Whether the other end does not know the method: upstream's daemon has two.</summary>
    public bool IsUnknownMethod => Message.StartsWith("rpc: can't find", StringComparison.Ordinal);
}
