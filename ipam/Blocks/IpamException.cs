using CniPlugins.Cni;

namespace CniPlugins.Ipam.Blocks;

/// <summary>Why there is no address, or nothing was released.</summary>
internal enum IpamFailure
{
    /// <summary>The request contradicts itself.</summary>
    Invalid,

    /// <summary>The node is not known to the datastore.</summary>
    NoNode,

    /// <summary>No pool may be used, or a requested one does not exist or is disabled.</summary>
    NoPool,

    /// <summary>The host has as many blocks as it may have.</summary>
    BlockLimit,

    /// <summary>Blocks are not claimed automatically, and the own ones are full.</summary>
    NoBlock,

    /// <summary>The address is taken.</summary>
    AlreadyAssigned,

    /// <summary>The address is in a block that is somebody else's (strict affinity).</summary>
    NotOwnBlock,

    /// <summary>The handle has as many addresses as it may have.</summary>
    HandleLimit,

    /// <summary>The address is not as the caller says: another handle, another sequence number.</summary>
    Conflict,

    /// <summary>Others were faster, again and again.</summary>
    TooManyRetries,
}

/// <summary>A request that cannot be met.</summary>
internal sealed class IpamException(IpamFailure failure, string message, string details = "") : Exception(message), ICodedException
{
    public IpamFailure Failure { get; } = failure;

    public CniErrorCode Code => Failure == IpamFailure.TooManyRetries ? CniErrorCode.TryAgainLater : CniErrorCode.Internal;

    public string Details { get; } = details;
}
