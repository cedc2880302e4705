namespace CniPlugins.Cni;

/// <summary>A configuration that cannot be decoded; the message is what Go's decoder would say, as far as it is stable.</summary>
internal sealed class ConfigException(string message) : Exception(message);
