using CniPlugins.Net;

namespace CniPlugins.Cnitool.Addresses;

/// <summary>An address that somebody has: who, and what else is known of it, as name and value.</summary>
internal sealed record Holding(IpAddress Address, string Owner, IReadOnlyList<KeyValuePair<string, string>> Details);
