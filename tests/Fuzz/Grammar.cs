namespace CniPlugins.Fuzz;

/// <summary>What inputs of a target look like, and so how they are changed.</summary>
internal enum Grammar
{
    /// <summary>Lines and words.</summary>
    Text,

    /// <summary>A JSON document, changed as a tree and then perhaps as bytes.</summary>
    Json,

    /// <summary>A script for <see cref="Targets.GarbageKernel"/>.</summary>
    Netlink,

    /// <summary>Lines NAME=value, an empty line, and a JSON document: the environment and stdin of a plugin.</summary>
    Call,
}
