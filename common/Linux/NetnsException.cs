namespace CniPlugins.Linux;

/// <summary>A path that should be a network namespace and is not one; the messages are upstream's.</summary>
internal sealed class NetnsException : Exception, IErrnoException
{
    private NetnsException(string message, Errno errno)
        : base(message) => Errno = errno;

    public Errno Errno { get; }

    public static NetnsException Gone(string path) => Unreachable(path, Errno.ENOENT);

    public static NetnsException Unreachable(string path, Errno errno) =>
        new($"failed to Statfs \"{path}\": {errno.Describe()}", errno);

    public static NetnsException NotANamespace(string path, long magic) =>
        new($"unknown FS magic on \"{path}\": {magic:x}", Errno.None);
}
