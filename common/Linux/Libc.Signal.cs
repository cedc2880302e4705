using System.Runtime.InteropServices;

namespace CniPlugins.Linux;

// signal.h
internal static partial class Libc
{
    public const int SIGHUP = 1;
    public const int SIGINT = 2;
    public const int SIGKILL = 9;
    public const int SIGTERM = 15;
    public const nint SIG_IGN = 1;

    /// <summary><c>sigset_t</c>: 1024 bits.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    public struct sigset_t
    {
        private readonly ulong _first;
    }

    [LibraryImport(Name, SetLastError = true)]
    public static partial nint signal(int signal, nint handler);

    [LibraryImport(Name)]
    public static unsafe partial int sigfillset(sigset_t* set);

    [LibraryImport(Name)]
    public static unsafe partial int sigdelset(sigset_t* set, int signal);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int kill(int pid, int signal);
}
