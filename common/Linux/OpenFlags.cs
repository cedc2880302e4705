namespace CniPlugins.Linux;

/// <summary>How a file is opened (open(2)), for those who do not speak C.</summary>
[Flags]
internal enum OpenFlags
{
    None = 0,

    /// <summary>O_CREAT: makes the file where there is none.</summary>
    Create = 1,

    /// <summary>O_CREAT with O_EXCL: makes the file, and fails where there is one.</summary>
    CreateNew = 2,

    /// <summary>O_TRUNC</summary>
    Truncate = 4,

    /// <summary>O_APPEND</summary>
    Append = 8,

    /// <summary>O_NOFOLLOW: a symbolic link is an error (ELOOP).</summary>
    NoFollow = 16,

    /// <summary>O_NONBLOCK: a FIFO's other end is not waited for.</summary>
    NonBlocking = 32,
}
