namespace CniPlugins.Cni.Options;

/// <summary>A problem of a configuration and where it is: a JSON path (<c>$.plugins[0].mtu</c>) or a line and column.</summary>
internal sealed record Finding(bool IsError, string Path, string Message);
