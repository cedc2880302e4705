using System.Runtime.InteropServices;

namespace CniPlugins.Linux;

// nss.h
internal static partial class Libc
{
    /// <summary>Says for this process what /etc/nsswitch.conf says for the system; 0 is success.</summary>
    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int __nss_configure_lookup(string database, string services);
}
