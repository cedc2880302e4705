using System.Globalization;

namespace CniPlugins.Bench;

/// <summary>Tables on standard output; what nobody measured is a "–".</summary>
internal static class Markdown
{
    public const string Missing = "–";

    public static void Table(IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows)
    {
        Console.WriteLine($"| {string.Join(" | ", head)} |");
        Console.WriteLine($"| --- |{string.Concat(head.Skip(1).Select(_ => " ---: |"))}");
        foreach (var row in rows)
            Console.WriteLine($"| {string.Join(" | ", row)} |");
        Console.WriteLine();
    }

    public static string Number(double? value, string format = "0.00") => value?.ToString(format, CultureInfo.InvariantCulture) ?? Missing;

    public static string Ratio(double? a, double? b) => Number(b is 0 ? null : a / b, "0.000");
}
