using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace CniPlugins.Linux;

/// <summary>The process's standard error, for what an operator may want to read later; failing to write there is never a failure.</summary>
internal static class StandardError
{
    public static void Write(ReadOnlySpan<byte> text)
    {
        using var handle = new SafeFileHandle(STDERR_FILENO, ownsHandle: false);
        _ = handle.TryWrite(text, out _);
    }

    /// <summary>One line.</summary>
    public static void WriteLine(string line) => Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
}
