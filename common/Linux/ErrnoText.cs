using System.Globalization;
using System.Runtime.InteropServices;

namespace CniPlugins.Linux;

/// <summary>What error numbers are called.</summary>
internal static class ErrnoText
{
    /// <summary>The C library's sentence, lower-cased as Go prints it (<c>file exists</c>), so that messages equal upstream's.</summary>
    public static string Describe(this Errno errno)
    {
        var text = Marshal.GetPInvokeErrorMessage((int)errno);
        return text.Length > 1 && char.IsLower(text[1]) ? char.ToLowerInvariant(text[0]) + text[1..] : text;
    }

    /// <summary>errno(1): its name (<c>ENOENT</c>), or its number where it has none.</summary>
    public static string Name(this Errno errno) =>
        Marshal.PtrToStringUTF8(Libc.strerrorname_np((int)errno))
        ?? ((int)errno).ToString(CultureInfo.InvariantCulture);
}
