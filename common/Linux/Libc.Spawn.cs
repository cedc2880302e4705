using System.Runtime.InteropServices;
using Tmds.Linux;

namespace CniPlugins.Linux;

// spawn.h, sys/wait.h
internal static partial class Libc
{
    public const short POSIX_SPAWN_SETSIGDEF = 0x04;
    public const int WNOHANG = 1;

    /// <summary><c>posix_spawn_file_actions_t</c>, opaque.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 80)]
    public struct posix_spawn_file_actions_t
    {
        private readonly long _first;
    }

    /// <summary><c>posix_spawnattr_t</c>, opaque.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 336)]
    public struct posix_spawnattr_t
    {
        private readonly long _first;
    }

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static unsafe partial int posix_spawn(
        int* pid, string path, posix_spawn_file_actions_t* actions, posix_spawnattr_t* attributes, byte** arguments, byte** environment);

    [LibraryImport(Name)]
    public static unsafe partial int posix_spawn_file_actions_init(posix_spawn_file_actions_t* actions);

    [LibraryImport(Name)]
    public static unsafe partial int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t* actions, int from, int to);

    [LibraryImport(Name)]
    public static unsafe partial int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t* actions);

    [LibraryImport(Name)]
    public static unsafe partial int posix_spawnattr_init(posix_spawnattr_t* attributes);

    [LibraryImport(Name)]
    public static unsafe partial int posix_spawnattr_setflags(posix_spawnattr_t* attributes, short flags);

    [LibraryImport(Name)]
    public static unsafe partial int posix_spawnattr_setsigdefault(posix_spawnattr_t* attributes, sigset_t* signals);

    [LibraryImport(Name)]
    public static unsafe partial int posix_spawnattr_destroy(posix_spawnattr_t* attributes);

    [LibraryImport(Name, SetLastError = true)]
    public static unsafe partial int waitpid(int pid, int* status, int options);
}
