namespace CniPlugins.Tests.Support;

/// <summary>
/// Tests that run by themselves, after the others: a bridge that floods hundreds of ports overflows the kernel's queue of packets per processor
/// (netdev_max_backlog, 1,000), which all namespaces share, and somebody else's ping is lost.
/// </summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
