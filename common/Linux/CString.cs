using System.Text;

namespace CniPlugins.Linux;

/// <summary>A string as C takes it: its bytes in UTF-8, and a NUL.</summary>
internal static class CString
{
    /// <summary>The size of a buffer for most paths.</summary>
    public const int Usual = 512;

    /// <summary>The bytes, in the buffer where they certainly fit.</summary>
    public static ReadOnlySpan<byte> Of(string text, Span<byte> buffer)
    {
        if (Encoding.UTF8.GetMaxByteCount(text.Length) >= buffer.Length)
            buffer = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        var length = Encoding.UTF8.GetBytes(text, buffer);
        buffer[length] = 0;
        return buffer[..(length + 1)];
    }
}
