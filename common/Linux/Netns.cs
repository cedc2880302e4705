using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;

namespace CniPlugins.Linux;

/// <summary>An open network namespace: a value to pass around, never a place the caller stands in.</summary>
/// <remarks>
/// Work that has to happen inside (opening a socket, writing below /proc/sys/net) runs on a thread of its own that enters and then ends, so
/// nobody has to find the way back and "could not switch back" cannot happen (setns(2) changes the calling thread only).
/// </remarks>
internal sealed class Netns : IDisposable
{
    private const int StackSize = 256 * 1024;

    private Netns(string path, SafeFileHandle handle)
    {
        Path = path;
        Handle = handle;
    }

    /// <summary>The path it was opened by, as the runtime gave it.</summary>
    public string Path { get; }

    /// <summary>The open descriptor, for IFLA_NET_NS_FD.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Opens the namespace at a path; throws <see cref="NetnsException"/> when it is gone or is no namespace.</summary>
    public static Netns Open(string path) =>
        Find(path) ?? throw NetnsException.Gone(path);

    /// <summary>Opens the namespace at a path, or null when nothing is there any more; anything but a namespace is an error.</summary>
    public static unsafe Netns? Find(string path)
    {
        Libc.statfs_t file;
        if (path.Length == 0 || Libc.statfs(path, &file) < 0)
        {
            var errno = path.Length == 0 ? Errno.ENOENT : Libc.LastError;
            return errno is Errno.ENOENT or Errno.ENOTDIR ? null : throw NetnsException.Unreachable(path, errno);
        }

        if (file.f_type is not (Libc.NSFS_MAGIC or Libc.PROC_SUPER_MAGIC))
            throw NetnsException.NotANamespace(path, file.f_type);

        var handle = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (!handle.IsInvalid)
            return new Netns(path, handle);

        var failure = Libc.LastError;
        handle.Dispose();
        return failure == Errno.ENOENT ? null : throw NetnsException.Unreachable(path, failure);
    }

    /// <summary>The namespace this process runs in; /proc/self would answer for the first thread, not for this one.</summary>
    public static Netns Own() => Open("/proc/thread-self/ns/net");

    /// <summary>Whether both are the same namespace (device and inode of their nsfs files).</summary>
    public bool IsSame(Netns other) => FileIdentity.Of(Handle) == FileIdentity.Of(other.Handle);

    /// <summary>SO_NETNS_COOKIE: a number that no other namespace of this boot has or had; 0 from a kernel before 5.14, which knows none.</summary>
    public unsafe ulong Cookie => Run(() =>
    {
        using var socket = Libc.socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, 0);
        ulong cookie;
        var size = (uint)sizeof(ulong);
        return Libc.getsockopt(socket, Libc.SOL_SOCKET, Libc.SO_NETNS_COOKIE, &cookie, &size) == 0 ? cookie : 0;
    });

    /// <summary>Runs something on a thread inside the namespace and returns its result; its exception comes out here.</summary>
    public T Run<T>(Func<T> inside)
    {
        var result = default(T);
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() => failure = Enter(() => result = inside()), StackSize);
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    /// <summary>Runs something on a thread inside the namespace; its exception comes out here.</summary>
    public void Run(Action inside) => Run(() =>
    {
        inside();
        return true;
    });

    public void Dispose() => Handle.Dispose();

    [SuppressMessage("Design", "CA1031", Justification = "Not swallowed: it is thrown again on the caller's thread.")]
    private ExceptionDispatchInfo? Enter(Action inside)
    {
        try
        {
            if (Libc.setns(Handle, Libc.CLONE_NEWNET) < 0)
                throw new LibcException(Libc.LastError, $"enter network namespace {Path}");
            inside();
            return null;
        }
        catch (Exception e)
        {
            return ExceptionDispatchInfo.Capture(e);
        }
    }
}
