using System.Globalization;

namespace CniPlugins.Calico.Install;

/// <summary>Durations as Go writes them: 300ms, 90s, 1h30m (time.ParseDuration).</summary>
internal static class GoDuration
{
    /// <summary>Null for what is none, or not positive.</summary>
    public static TimeSpan? Parse(string text)
    {
        var total = 0.0;
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept("0123456789.");
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return null;
            rest = rest[digits..];
            var unit = rest.IndexOfAny("0123456789.") is >= 0 and var end ? rest[..end] : rest;
            double? seconds = unit switch { "h" => 3600, "m" => 60, "s" => 1, "ms" => 1e-3, "us" or "µs" => 1e-6, "ns" => 1e-9, _ => null };
            if (seconds is not { } each)
                return null;
            total += number * each;
            rest = rest[unit.Length..];
        }

        return total > 0 ? TimeSpan.FromSeconds(total) : null;
    }
}
