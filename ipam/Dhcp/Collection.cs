using System.Globalization;
using CniPlugins.Cni;

namespace CniPlugins.Ipam.Dhcp;

/// <summary>When a GC began, which a plugin tells its daemon: what was made since then is spared.</summary>
internal static class Collection
{
    public static string ToArgs(long started) => string.Create(CultureInfo.InvariantCulture, $"{CniEnvironment.GcStartedName}={started}");

    /// <summary>The moment, or now where none is said.</summary>
    public static long StartedOf(string args, long now) =>
        args.StartsWith($"{CniEnvironment.GcStartedName}=", StringComparison.Ordinal)
        && long.TryParse(args.AsSpan(CniEnvironment.GcStartedName.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var started)
            ? Math.Min(started, now)
            : now;
}
