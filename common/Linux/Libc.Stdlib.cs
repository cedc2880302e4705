using System.Runtime.InteropServices;

namespace CniPlugins.Linux;

// stdlib.h
internal static partial class Libc
{
    /// <summary>What C code in this process will see; .NET's own environment is a copy.</summary>
    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int setenv(string name, string value, int overwrite);
}
