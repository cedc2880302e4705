using Microsoft.Win32.SafeHandles;

namespace CniPlugins.Linux;

/// <summary>The process's standard error, for what an operator may want to read later; failing to write there is never a failure.</summary>
internal static class StandardError
{
    public static unsafe void Write(ReadOnlySpan<byte> text)
    {
        using var handle = new SafeFileHandle(Libc.STDERR_FILENO, ownsHandle: false);
        fixed (byte* bytes = text)
            _ = Libc.write(handle, bytes, text.Length);
    }

    /// <summary>One line.</summary>
    public static void WriteLine(string line) => Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
}
