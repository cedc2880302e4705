namespace CniPlugins.Linux;

/// <summary>An error number of the kernel; those that something is decided by have their names here.</summary>
/// <remarks>
/// Patterns (<c>is Errno.ENOENT</c>) need constants, which Tmds.LibC's are not; a unit test compares the two.
/// <see cref="ErrnoText.Name"/> knows the names of all.
/// </remarks>
internal enum Errno
{
    None = 0,
    EPERM = 1,
    ENOENT = 2,
    ESRCH = 3,
    EINTR = 4,
    ENXIO = 6,
    EAGAIN = 11,
    EACCES = 13,
    EEXIST = 17,
    EXDEV = 18,
    ENODEV = 19,
    ENOTDIR = 20,
    EISDIR = 21,
    EINVAL = 22,
    ETXTBSY = 26,
    ENOSPC = 28,
    EROFS = 30,
    EPIPE = 32,
    ELOOP = 40,
    EXFULL = 54,
    ENODATA = 61,
    EBADMSG = 74,
    ERESTART = 85,
    EPROTONOSUPPORT = 93,
    EOPNOTSUPP = 95,
    EAFNOSUPPORT = 97,
    EADDRINUSE = 98,
    EADDRNOTAVAIL = 99,
    ENETDOWN = 100,
    ENETUNREACH = 101,
    ECONNABORTED = 103,
    ENOBUFS = 105,
    ETIMEDOUT = 110,
    ECONNREFUSED = 111,
    EHOSTUNREACH = 113,
}
