using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace CniPlugins.Cni;

/// <summary>Text in JSON that is no Unicode, as bytes or as an escape of half a surrogate pair: Go's decoder reads U+FFFD, System.Text.Json refuses to say what it read.</summary>
internal static class JsonUnicode
{
    private const int EscapeLength = 6; // \ud800

    /// <summary>The same document with U+FFFD in those places; the very same bytes when there is none.</summary>
    public static ReadOnlyMemory<byte> Mend(ReadOnlyMemory<byte> json)
    {
        if (!Utf8.IsValid(json.Span))
            json = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json.Span));
        byte[]? mended = null;
        for (var at = 0; at < json.Length && json.Span[at..].IndexOf((byte)'\\') is var step and >= 0;)
        {
            at += step;
            var (half, next) = (CodeAt(json.Span, at), CodeAt(json.Span, at + EscapeLength));
            if (char.IsHighSurrogate(half) && char.IsLowSurrogate(next))
                at += 2 * EscapeLength;
            else if (char.IsSurrogate(half))
                "\\ufffd"u8.CopyTo((mended ??= json.ToArray()).AsSpan((at += EscapeLength) - EscapeLength));
            else
                at += 2; // whatever else is escaped
        }

        return mended ?? json;
    }

    /// <summary>What a <c>\uXXXX</c> at this place stands for; U+0000 for anything else.</summary>
    private static char CodeAt(ReadOnlySpan<byte> json, int at) =>
        at + EscapeLength <= json.Length && json[at] == '\\' && json[at + 1] == 'u'
        && ushort.TryParse(json.Slice(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            ? (char)code
            : '\0';
}
