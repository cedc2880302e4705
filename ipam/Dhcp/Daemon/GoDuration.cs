using System.Globalization;

namespace CniPlugins.Ipam.Dhcp.Daemon;

/// <summary>Times as Go writes them: <c>10s</c>, <c>1m2.5s</c>, <c>300ms</c> (time.ParseDuration).</summary>
internal static class GoDuration
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan time)
    {
        time = TimeSpan.Zero;
        if (text is "0")
            return true;
        var seconds = 0.0;
        var isEmpty = text.IsEmpty;
        while (!text.IsEmpty)
        {
            var digits = text.IndexOfAnyExcept("0123456789.");
            if (digits <= 0 || !double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return false;
            text = text[digits..];
            var end = text.IndexOfAny("0123456789.");
            var unit = end < 0 ? text : text[..end];
            if (SecondsOf(unit) is not { } scale)
                return false;
            seconds += number * scale;
            text = text[unit.Length..];
        }

        if (isEmpty || seconds > Longest.TotalSeconds)
            return false;
        time = TimeSpan.FromSeconds(seconds);
        return true;
    }

    private static double? SecondsOf(ReadOnlySpan<char> unit) => unit switch
    {
        "h" => 3600,
        "m" => 60,
        "s" => 1,
        "ms" => 1e-3,
        "us" or "µs" or "μs" => 1e-6,
        "ns" => 1e-9,
        _ => null,
    };
}
