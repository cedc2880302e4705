using CniPlugins.Linux;

namespace CniPlugins.Iptables;

/// <summary>An iptables program is missing, or did not do what it was asked to.</summary>
internal sealed class IptablesException(string message, Errno errno = Errno.None, string? hint = null) : Exception(message), IErrnoException
{
    public Errno Errno { get; } = errno;

    public string? Hint { get; } = hint;
}
