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

        _ = Rune.DecodeFromUtf8(json[position..], out var rune, out _);
        var where = IsAfterValue(json[..position]) ? "after top-level value" : "looking for beginning of value";
        return $"invalid character '{rune}' {where} (line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1})";
    }

    private static int Position(ReadOnlySpan<byte> json, JsonException error)
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
