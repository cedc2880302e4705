using System.Text.Encodings.Web;
using System.Text.Json;

namespace CniPlugins.Cni;

/// <summary>JSON as Go's encoder lays it out: four spaces, no line break at the end, <c>&lt; &gt; &amp;</c> escaped, other text as it is.</summary>
internal static class JsonText
{
    /// <summary>Writes a document; indented for people and runtimes, compact for caches.</summary>
    public static byte[] Write(Action<Utf8JsonWriter> document, bool indented = true)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions
        {
            Indented = indented,
            IndentSize = 4,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            SkipValidation = true,
        }))
        {
            document(writer);
        }

        return EscapeMarkup(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    /// <summary>A member that is left out when it says nothing.</summary>
    public static void WriteUnlessEmpty(this Utf8JsonWriter writer, string name, string value)
    {
        if (value.Length > 0)
            writer.WriteString(name, value);
    }

    /// <summary>A member that is left out when it is zero.</summary>
    public static void WriteUnlessZero(this Utf8JsonWriter writer, string name, int value)
    {
        if (value != 0)
            writer.WriteNumber(name, value);
    }

    /// <summary>A list of texts that is left out when it is empty.</summary>
    public static void WriteUnlessEmpty(this Utf8JsonWriter writer, string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0)
            return;
        writer.WriteStartArray(name);
        foreach (var value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    /// <summary>These three stand only inside strings, so they can be replaced without knowing the structure.</summary>
    private static byte[] EscapeMarkup(ReadOnlySpan<byte> json)
    {
        if (json.IndexOfAny("<>&"u8) < 0)
            return json.ToArray();
        var escaped = new List<byte>(json.Length + 16);
        foreach (var b in json)
        {
            var text = b switch { (byte)'<' => "\\u003c"u8, (byte)'>' => "\\u003e"u8, (byte)'&' => "\\u0026"u8, _ => [] };
            if (text.IsEmpty)
                escaped.Add(b);
            foreach (var e in text)
                escaped.Add(e);
        }

        return [.. escaped];
    }
}
