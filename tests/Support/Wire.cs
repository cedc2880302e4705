using System.Globalization;

namespace CniPlugins.Tests.Support;

/// <summary>Bytes as annotated text: hexadecimal, four to a line, and after # what they mean.</summary>
internal static class Wire
{
    /// <summary>Compares; on failure both sides are shown, four bytes to a line, as nft --debug=mnl shows them.</summary>
    public static void ShouldBe(this ReadOnlySpan<byte> actual, string annotated) =>
        Assert.Equal(Lines(Parse(annotated)), Lines(actual.ToArray()));

    /// <summary>The bytes that annotated text stands for.</summary>
    public static byte[] Parse(string annotated) =>
        [.. from line in annotated.Split('\n')
            from word in line.Split('#')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            select byte.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture)];

    private static string Lines(byte[] bytes) =>
        string.Join('\n', bytes.Chunk(4).Select(four => string.Join(' ', four.Select(b => b.ToString("x2", CultureInfo.InvariantCulture)))));
}
