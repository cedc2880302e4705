using System.Text;
using System.Text.Json;
using CniPlugins.Cni;

namespace CniPlugins.Tests.Unit;

/// <summary>The writer's layout and escapes are Go's; the framework's reader is the judge of the rest.</summary>
public sealed class JsonWriterTests
{
    [Fact]
    public void Nesting_is_indented_and_empty_containers_stay_on_their_line()
    {
        var text = Text(indented: true);
        Assert.Equal("""
            {
                "a": "x",
                "o": {
                    "n": -1,
                    "e": {},
                    "l": [
                        "1",
                        [],
                        {
                            "t": true
                        }
                    ]
                }
            }
            """, text);
    }

    [Fact]
    public void Compact_has_no_white_space() =>
        Assert.Equal("""{"a":"x","o":{"n":-1,"e":{},"l":["1",[],{"t":true}]}}""", Text(indented: false));

    [Fact]
    public void Numbers_are_written_digit_by_digit()
    {
        var json = new JsonWriter(indented: false);
        json.WriteStartObject();
        json.WriteNumber("most", ulong.MaxValue);
        json.WriteNumber("least", long.MinValue);
        json.WriteNumber("zero", 0);
        json.WriteNull("none");
        json.WriteEndObject();
        Assert.Equal("""{"most":18446744073709551615,"least":-9223372036854775808,"zero":0,"none":null}""", Encoding.UTF8.GetString(json.ToArray()));
    }

    [Theory]
    [InlineData("<a>&b", "\"\\u003ca\\u003e\\u0026b\"")]
    [InlineData("\"\\/", "\"\\\"\\\\/\"")]
    [InlineData("\b\f\n\r\t\u0001\u001f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\"")]
    [InlineData("é漢😀+'`\u007f", "\"é漢😀+'`\u007f\"")]
    [InlineData("\u2028\u2029", "\"\\u2028\\u2029\"")]
    public void Strings_are_escaped_as_Go_escapes_them(string value, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(JsonText.Write(writer => writer.WriteStringValue(value))));

    [Fact]
    public void Half_a_surrogate_pair_becomes_the_replacement_character() =>
        Assert.Equal("\"\ufffd\"", Encoding.UTF8.GetString(JsonText.Write(writer => writer.WriteStringValue("\ud800"))));

    [Fact]
    public void Any_text_is_read_back_by_the_frameworks_reader()
    {
        var random = new Random(3);
        for (var i = 0; i < 2000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => new Rune(random.Next(2) == 0 ? random.Next(0x80) : random.Next(0xe000, 0x10ffff)).ToString()));
            Assert.Equal(text, JsonDocument.Parse(JsonText.Write(writer => writer.WriteStringValue(text))).RootElement.GetString());
        }
    }

    private static string Text(bool indented) => Encoding.UTF8.GetString(JsonText.Write(
        writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("a", "x");
            writer.WriteStartObject("o");
            writer.WriteNumber("n", -1);
            writer.WriteStartObject("e");
            writer.WriteEndObject();
            writer.WriteStartArray("l");
            writer.WriteStringValue("1");
            writer.WriteStartArray();
            writer.WriteEndArray();
            writer.WriteStartObject();
            writer.WriteBoolean("t", true);
            writer.WriteEndObject();
            writer.WriteEndArray();
            writer.WriteEndObject();
            writer.WriteEndObject();
        },
        indented));
}
