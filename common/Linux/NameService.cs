namespace CniPlugins.Linux;

/// <summary>How the C library finds what has a name (nsswitch.conf(5)).</summary>
internal static class NameService
{
    /// <summary>Where this process looks names up in a database (<c>hosts</c>), whatever /etc/nsswitch.conf says.</summary>
    public static void Use(string database, string services) => _ = Libc.__nss_configure_lookup(database, services);
}
