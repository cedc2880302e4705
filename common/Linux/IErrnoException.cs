namespace CniPlugins.Linux;

/// <summary>A failure that the kernel named by an error number; its name goes into the details of the CNI error.</summary>
internal interface IErrnoException
{
    Errno Errno { get; }

    /// <summary>More that is known about the cause: the kernel's extended acknowledgement, what to do about it.</summary>
    string? Hint => HintFor(Errno);

    /// <summary>What an error number usually means to somebody who runs plugins; null when its text says enough.</summary>
    static string? HintFor(Errno errno) => errno switch
    {
        Errno.EPERM or Errno.EACCES => "needs root with CAP_NET_ADMIN (and CAP_SYS_ADMIN for namespaces), or a security module refuses it",
        Errno.ENOSPC => "the file system is full",
        Errno.EROFS => "the file system is mounted read-only",
        _ => null,
    };
}
