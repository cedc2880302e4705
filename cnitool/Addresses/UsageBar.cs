using System.Globalization;

namespace CniPlugins.Cnitool.Addresses;

/// <summary>How full something is, as a bar and a number; red where ADD will soon fail.</summary>
internal sealed class UsageBar(Terminal terminal)
{
    private const int Width = 20;

    public string Of(Stock stock)
    {
        var full = (int)Math.Round(stock.Share * Width);
        if (stock.Used > 0 && full == 0)
            full = 1;
        if (stock.Used < stock.Total && full == Width)
            full = Width - 1;
        var (used, free) = terminal.HasUnicode ? ('█', '░') : ('#', '.');
        var bar = new string(used, full) + new string(free, Width - full);
        var number = $"{Percent(stock),4} %";
        if (!terminal.HasColour)
            return $"{bar} {number}";
        var colour = stock.Share switch { >= 0.9 => 31, >= 0.7 => 33, _ => 32 };
        return $"\u001b[{colour}m{bar}\u001b[0m {number}";
    }

    /// <summary>A count: whole as long as it can be read, then in powers of ten.</summary>
    public static string Number(UInt128 count) =>
        count < 10_000_000 ? count.ToString(CultureInfo.InvariantCulture) : ((double)count).ToString("0.0e0", CultureInfo.InvariantCulture);

    private static string Percent(Stock stock) => stock switch
    {
        { Used: var used, Share: < 0.01 } when used > 0 => "<1",
        { Share: > 0.99 and < 1 } => ">99",
        _ => Math.Round(stock.Share * 100).ToString(CultureInfo.InvariantCulture),
    };
}
