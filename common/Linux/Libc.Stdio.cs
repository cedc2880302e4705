using System.Runtime.InteropServices;

namespace CniPlugins.Linux;

// stdio.h
internal static partial class Libc
{
    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rename(string from, string to);
}
