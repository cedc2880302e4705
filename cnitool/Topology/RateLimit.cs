using System.Globalization;

namespace CniPlugins.Cnitool.Topology;

/// <summary>A token bucket: bits per second, and the bits that may come at once.</summary>
internal sealed record RateLimit(ulong BitsPerSecond, ulong BurstBits)
{
    /// <summary>As tc writes rates: <c>1500Kbit</c> is <c>1.5 Mbit/s</c> here.</summary>
    public override string ToString() => BitsPerSecond switch
    {
        >= 1_000_000_000 => Text(1_000_000_000, "Gbit/s"),
        >= 1_000_000 => Text(1_000_000, "Mbit/s"),
        >= 1_000 => Text(1_000, "kbit/s"),
        _ => Text(1, "bit/s"),
    };

    private string Text(double unit, string name) => string.Create(CultureInfo.InvariantCulture, $"{BitsPerSecond / unit:0.##} {name}");
}
