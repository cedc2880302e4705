namespace CniPlugins.Linux;

/// <summary>A system call failed; the message is <c>what: cause</c>, with the cause in Go's words.</summary>
internal sealed class LibcException(Errno errno, string what) : Exception($"{what}: {errno.Describe()}"), IErrnoException
{
    public Errno Errno { get; } = errno;
}
