using System.Globalization;

namespace CniPlugins.Ipam.Blocks.EtcdForm;

/// <summary>Times as Go writes them.</summary>
internal static class GoTime
{
    /// <summary>What Kubernetes' types write: whole seconds, UTC (<c>2026-07-01T10:00:00Z</c>).</summary>
    public static string Rfc3339(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
