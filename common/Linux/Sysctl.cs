using System.Text;

namespace CniPlugins.Linux;

/// <summary>Kernel settings below /proc/sys, named with slashes (<c>net/ipv4/ip_forward</c>), in the calling thread's network namespace.</summary>
internal static class Sysctl
{
    private const string Root = "/proc/sys/";

    /// <summary>sysctl -w name=value; throws <see cref="LibcException"/> naming the setting.</summary>
    public static void Write(string name, string value)
    {
        if (TryWrite(name, value) is var errno and not Errno.None)
            throw new LibcException(errno, $"write {Root}{name}");
    }

    /// <summary>sysctl -w name=value for a setting that may be missing on this kernel; returns why it was not written.</summary>
    public static unsafe Errno TryWrite(string name, string value)
    {
        using var file = Libc.open(Root + name, Libc.O_WRONLY | Libc.O_CLOEXEC, 0);
        if (file.IsInvalid)
            return Libc.LastError;

        fixed (byte* bytes = Encoding.ASCII.GetBytes(value))
            return Libc.write(file, bytes, value.Length) < 0 ? Libc.LastError : Errno.None;
    }

    /// <summary>sysctl -n name, without the final line break; null when this kernel has no such setting.</summary>
    public static string? Read(string name) =>
        DiskFile.Read(Root + name) is { } bytes ? Encoding.ASCII.GetString(bytes).TrimEnd('\n') : null;

    /// <summary>Switches a setting on unless it is on already: some hosts refuse the write but have what is needed.</summary>
    public static void EnsureOn(string name)
    {
        if (Read(name)?.Trim() != "1")
            Write(name, "1");
    }
}
