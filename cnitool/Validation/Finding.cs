namespace CniPlugins.Cnitool.Validation;

/// <summary>A problem and where it is: a JSON path (<c>$.plugins[0].mtu</c>) or a line and column.</summary>
internal sealed record Finding(bool IsError, string Path, string Message);
