using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace CniPlugins.Linux;

/// <summary>An open network namespace: a value to pass around, never a place the caller stands in.</summary>
/// <remarks>
/// What has to happen inside (opening a socket, writing below /proc/sys/net) runs on the calling thread, between two setns(2), which change that thread
/// only. A thread of its own, which enters and ends, would need no way back, but starting and awaiting it twice was 4 % of a bridge ADD's CPU time (3.9
/// to 3.75 ms) and more of its time on a busy machine. The way back is open before the first step.
/// </remarks>
internal sealed class Netns : IDisposable
{
    private const int ReturnAttempts = 1000;
    private const string OwnPath = "/proc/thread-self/ns/net";

    private SafeFileHandle? _home;

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
        if (Probe(path, &file) is var errno and not Errno.None)
            return errno is Errno.ENOENT or Errno.ENOTDIR ? null : throw NetnsException.Unreachable(path, errno);

        if (file.f_type is not (Libc.NSFS_MAGIC or Libc.PROC_SUPER_MAGIC))
            throw NetnsException.NotANamespace(path, file.f_type);

        var handle = Descriptor.Open(path, O_RDONLY | O_CLOEXEC);
        if (!handle.IsInvalid)
            return new Netns(path, handle);

        var failure = Libc.LastError;
        handle.Dispose();
        return failure == Errno.ENOENT ? null : throw NetnsException.Unreachable(path, failure);
    }

    /// <summary>
    /// Whether no namespace is at a path any more: nothing is, or what a mount leaves behind when it goes. One that cannot be reached may well live.
    /// </summary>
    public static bool IsGone(string path)
    {
        try
        {
            using var found = Find(path);
            return found is null;
        }
        catch (NetnsException e)
        {
            return e.Errno is Errno.None;
        }
    }

    /// <summary>The namespace this process runs in; /proc/self would answer for the first thread, not for this one.</summary>
    public static Netns Own() => new(OwnPath, OpenOwn());

    /// <summary>Whether both are the same namespace (device and inode of their nsfs files).</summary>
    public bool IsSame(Netns other) => FileIdentity.Of(Handle) == FileIdentity.Of(other.Handle);

    /// <summary>SO_NETNS_COOKIE: a number that no other namespace of this boot has or had; 0 from a kernel before 5.14, which knows none.</summary>
    public ulong Cookie => Run(() => KernelSocket.FindNetnsCookie() ?? 0);

    /// <summary>Runs something inside the namespace, comes back, and returns its result.</summary>
    public T Run<T>(Func<T> inside)
    {
        _home ??= OpenOwn();
        Enter(this);
        try
        {
            return inside();
        }
        finally
        {
            Return(_home);
        }
    }

    /// <summary>Runs something inside the namespace and comes back.</summary>
    public void Run(Action inside) => Run(() =>
    {
        inside();
        return true;
    });

    /// <summary>ip netns exec of a new namespace that nobody else sees: runs something in it and comes back; what was made there goes with it.</summary>
    public static T RunInNew<T>(Func<T> inside)
    {
        using var home = Own();
        if (unshare(CLONE_NEWNET) < 0)
            throw new LibcException(Libc.LastError, "make a network namespace");
        try
        {
            return inside();
        }
        finally
        {
            Return(home.Handle);
        }
    }

    public void Dispose()
    {
        Handle.Dispose();
        _home?.Dispose();
    }

    /// <summary>statfs(2), again when a signal came first.</summary>
    private static unsafe Errno Probe(string path, Libc.statfs_t* file)
    {
        if (path.Length == 0)
            return Errno.ENOENT;
        int result;
        do
            result = Libc.statfs(path, file);
        while (Descriptor.IsInterrupted(result));
        return Descriptor.Failure(result);
    }

    private static SafeFileHandle OpenOwn()
    {
        var handle = Descriptor.Open(OwnPath, O_RDONLY | O_CLOEXEC);
        if (!handle.IsInvalid)
            return handle;

        var errno = Libc.LastError;
        handle.Dispose();
        throw NetnsException.Unreachable(OwnPath, errno);
    }

    private static void Enter(Netns netns)
    {
        if (netns.Handle.TryEnter() is var failure and not Errno.None)
            throw new LibcException(failure, $"enter network namespace {netns.Path}");
    }

    /// <summary>Nothing of the host's may be done from within a pod, so want of memory (all that can be wanting here) is waited out a while.</summary>
    private static void Return(SafeFileHandle home)
    {
        for (var attempt = 1; home.TryEnter() is var failure and not Errno.None; attempt++)
        {
            if (attempt == ReturnAttempts)
                throw new LibcException(failure, "return to the host's network namespace");
            Sleep.For(TimeSpan.FromMilliseconds(1));
        }
    }
}
