using System.Text;
using System.Text.Json;

namespace CniPlugins.Cni;

/// <summary>Says what is wrong with a text that is not JSON, in Go's words as far as they are stable, and where.</summary>
internal static class JsonSyntax
{
    public static string Describe(ReadOnlySpan<byte> json, JsonException error)
    {
        var position = Position(json, error);
        if (position >= json.Length || json[position..].IndexOfAnyExcept(" \t\r\n"u8) < 0)
            return "unexpected end of JSON input";
        if (error.Message.Contains("depth", StringComparison.Ordinal))
            return "exceeded max depth";

        var where = IsAfterValue(json[..position]) ? "after top-level value" : "looking for beginning of value";
        return $"invalid character {CharacterAt(json[position..])} {where} (line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1})";
    }

    /// <summary>The character that a parser stopped at, by its code point where it does not show: a byte order mark, a non-breaking space, a curved quote.</summary>
    public static string CharacterAt(ReadOnlySpan<byte> text)
    {
        _ = Rune.DecodeFromUtf8(text, out var rune, out _);
        var shows = rune.IsAscii ? rune.Value > ' ' : Rune.IsLetterOrDigit(rune);
        return shows ? $"'{rune}'" : rune.Value switch
        {
            0xFEFF => "U+FEFF (a byte order mark)",
            0xA0 => "U+00A0 (a non-breaking space)",
            var value => $"U+{value:X4}",
        };
    }

    /// <summary>Where a parser stopped.</summary>
    public static int Position(ReadOnlySpan<byte> json, JsonException error)
    {
        var position = 0;
        for (var line = 0L; line < error.LineNumber; line++)
            position += json[position..].IndexOf((byte)'\n') + 1;
        return position + (int)(error.BytePositionInLine ?? 0);
    }

    /// <summary>Whether a text is one whole JSON value: then what follows is too much.</summary>
    private static bool IsAfterValue(ReadOnlySpan<byte> text)
    {
        try
        {
            var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = 10_000 });
            reader.Read();
            reader.Skip();
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
