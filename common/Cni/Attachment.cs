namespace CniPlugins.Cni;

/// <summary>A container's interface on a network: what ADD makes and DEL takes away.</summary>
internal sealed record Attachment(string ContainerId, string IfName);
