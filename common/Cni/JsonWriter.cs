using System.Buffers;
using System.Globalization;
using System.Text;

namespace CniPlugins.Cni;

/// <summary>Writes JSON as Go's encoder does: its escapes, and either compact or four spaces per level.</summary>
/// <remarks>
/// Utf8JsonWriter escapes other characters than Go, and building its encoder's table is a fifth of the instructions of a
/// VERSION call. Nothing is validated: callers write documents of fixed shape.
/// </remarks>
internal sealed class JsonWriter(bool indented)
{
    private const int Indent = 4;

    private readonly ArrayBufferWriter<byte> _bytes = new(512);
    private int _depth;
    private bool _first = true; // nothing stands in the open object or array yet
    private bool _named; // a name was written, its value comes next

    /// <summary>What was written so far.</summary>
    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    public void WriteStartObject() => Open((byte)'{');

    public void WriteStartObject(string name)
    {
        WritePropertyName(name);
        WriteStartObject();
    }

    public void WriteEndObject() => Close((byte)'}');

    public void WriteStartArray() => Open((byte)'[');

    public void WriteStartArray(string name)
    {
        WritePropertyName(name);
        WriteStartArray();
    }

    public void WriteEndArray() => Close((byte)']');

    public void WritePropertyName(string name)
    {
        Separate();
        WriteQuoted(name);
        _bytes.Write(indented ? ": "u8 : ":"u8);
        _named = true;
    }

    public void WriteString(string name, string value)
    {
        WritePropertyName(name);
        WriteStringValue(value);
    }

    public void WriteNumber(string name, long value)
    {
        WritePropertyName(name);
        WriteNumberValue(value);
    }

    public void WriteBoolean(string name, bool value)
    {
        WritePropertyName(name);
        WriteRawValue(value ? "true" : "false");
    }

    /// <summary>A number that may be larger than a long.</summary>
    public void WriteNumber(string name, ulong value)
    {
        WritePropertyName(name);
        Separate();
        WriteDigits(value);
    }

    public void WriteNull(string name)
    {
        WritePropertyName(name);
        WriteRawValue("null");
    }

    public void WriteNumberValue(long value)
    {
        Separate();
        if (value < 0)
            _bytes.Write("-"u8);
        WriteDigits(value < 0 ? unchecked((ulong)-value) : (ulong)value);
    }

    public void WriteStringValue(string value)
    {
        Separate();
        WriteQuoted(value);
    }

    /// <summary>A value as it was written elsewhere.</summary>
    public void WriteRawValue(string json)
    {
        Separate();
        _bytes.Write(Encoding.UTF8.GetBytes(json));
    }

    /// <summary>A member that is left out when it says nothing.</summary>
    public void WriteUnlessEmpty(string name, string value)
    {
        if (value.Length > 0)
            WriteString(name, value);
    }

    /// <summary>A member that is left out when it is zero.</summary>
    public void WriteUnlessZero(string name, long value)
    {
        if (value != 0)
            WriteNumber(name, value);
    }

    /// <summary>A list of texts that is left out when it is empty.</summary>
    public void WriteUnlessEmpty(string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0)
            return;
        WriteStartArray(name);
        foreach (var value in values)
            WriteStringValue(value);
        WriteEndArray();
    }

    private void WriteDigits(ulong value)
    {
        value.TryFormat(_bytes.GetSpan(20), out var length, provider: CultureInfo.InvariantCulture);
        _bytes.Advance(length);
    }

    private void Open(byte bracket)
    {
        Separate();
        _bytes.Write([bracket]);
        _depth++;
        _first = true;
    }

    private void Close(byte bracket)
    {
        _depth--;
        if (!_first)
            BreakLine();
        _bytes.Write([bracket]);
        _first = false;
    }

    /// <summary>What stands between the last value and this one; after a name, nothing.</summary>
    private void Separate()
    {
        if (_named)
        {
            _named = false;
            return;
        }

        if (!_first)
            _bytes.Write(","u8);
        if (_depth > 0)
            BreakLine();
        _first = false;
    }

    private void BreakLine()
    {
        if (!indented)
            return;
        var line = _bytes.GetSpan(1 + (_depth * Indent))[..(1 + (_depth * Indent))];
        line.Fill((byte)' ');
        line[0] = (byte)'\n';
        _bytes.Advance(line.Length);
    }

    private void WriteQuoted(string text)
    {
        _bytes.Write("\""u8);
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (Escape(text[i]) is not { } escape)
                continue;
            WriteText(text.AsSpan(start, i - start));
            _bytes.Write(Encoding.ASCII.GetBytes(escape));
            start = i + 1;
        }

        WriteText(text.AsSpan(start));
        _bytes.Write("\""u8);
    }

    /// <summary>Go's escape for a character, or null for one that stands for itself.</summary>
    private static string? Escape(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\b' => "\\b",
        '\f' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029' => $"\\u{(int)c:x4}",
        _ => null,
    };

    /// <summary>Text without escapes; half of a surrogate pair becomes U+FFFD, as in Go.</summary>
    private void WriteText(ReadOnlySpan<char> text)
    {
        if (!text.IsEmpty)
            Encoding.UTF8.GetBytes(text, _bytes);
    }
}
