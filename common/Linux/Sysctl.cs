using System.Text;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace CniPlugins.Linux;

/// <summary>Kernel settings below /proc/sys, named with slashes (<c>net/ipv4/ip_forward</c>), in the calling thread's network namespace.</summary>
internal static class Sysctl
{
    internal const string Root = "/proc/sys/";

    /// <summary>sysctl -w name=value; throws <see cref="LibcException"/> <c>open PATH: cause</c> or <c>write PATH: cause</c>.</summary>
    public static void Write(string name, string value)
    {
        if (Write(name, value, out var verb) is var errno and not Errno.None)
            throw new LibcException(errno, $"{verb} {Root}{name}");
    }

    /// <summary>sysctl -w name=value for a setting that may be missing on this kernel; returns why it was not written.</summary>
    public static Errno TryWrite(string name, string value) => Write(name, value, out _);

    /// <summary>Whether a setting is there and could be written, without writing; throws <see cref="LibcException"/> <c>open PATH: cause</c>.</summary>
    public static void RequireWritable(string name)
    {
        using var file = Open(name);
        if (file.IsInvalid)
            throw new LibcException(Libc.LastError, $"open {Root}{name}");
    }

    /// <summary>sysctl -n name, without the final line break; null when this kernel has no such setting.</summary>
    public static string? Read(string name) =>
        DiskFile.Read(Root + name) is { } bytes ? Encoding.UTF8.GetString(bytes).TrimEnd('\n') : null;

    /// <summary>A setting's name as sysctl(8) prints it; dots within a link's name become slashes.</summary>
    public static string Describe(string name) =>
        string.Create(name.Length, name, static (text, name) =>
        {
            for (var i = 0; i < text.Length; i++)
                text[i] = name[i] switch { '/' => '.', '.' => '/', var other => other };
        });

    private static Errno Write(string name, string value, out string verb)
    {
        verb = "open";
        using var file = Open(name);
        if (file.IsInvalid)
            return Libc.LastError;

        verb = "write";
        return Write(file, value);
    }

    /// <summary>The same for another file of the kernel's, by its whole path.</summary>
    public static Errno TryWriteFile(string path, string value)
    {
        using var file = Descriptor.Open(path, O_WRONLY | O_CLOEXEC);
        return file.IsInvalid ? Libc.LastError : Write(file, value);
    }

    /// <summary>Writes a value into an open setting.</summary>
    internal static Errno Write(SafeFileHandle file, string value) =>
        file.TryWrite(Encoding.UTF8.GetBytes(value), out _);

    private static SafeFileHandle Open(string name) => Descriptor.Open(Root + name, O_WRONLY | O_CLOEXEC);
}
