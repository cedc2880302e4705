using System.Text;
using System.Text.Json;

namespace CniPlugins.Fuzz.Mutation;

/// <summary>A JSON value that can be changed into what no library would write: keys twice, numbers of any length, halves of surrogate pairs.</summary>
internal sealed class JsonTree
{
    /// <summary>The text of a scalar; null for objects and arrays.</summary>
    public string? Text { get; set; }

    /// <summary>The members of an object, keys with their quotation marks; null for others.</summary>
    public List<(string Key, JsonTree Value)>? Members { get; set; }

    /// <summary>The items of an array; null for others.</summary>
    public List<JsonTree>? Items { get; set; }

    /// <summary>Reads a document; null when it is none.</summary>
    public static JsonTree? Parse(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Of(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    public static JsonTree Scalar(string text) => new() { Text = text };

    /// <summary>This value and all inside it.</summary>
    public IEnumerable<JsonTree> All()
    {
        yield return this;
        foreach (var inner in Members?.Select(member => member.Value) ?? Items ?? Enumerable.Empty<JsonTree>())
        {
            foreach (var deeper in inner.All())
                yield return deeper;
        }
    }

    public JsonTree Copy() => new()
    {
        Text = Text,
        Members = Members?.Select(member => (member.Key, member.Value.Copy())).ToList(),
        Items = Items?.Select(item => item.Copy()).ToList(),
    };

    /// <summary>Becomes another value.</summary>
    public void Become(JsonTree other) => (Text, Members, Items) = (other.Text, other.Members, other.Items);

    public byte[] ToBytes()
    {
        var text = new StringBuilder();
        Write(text);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private void Write(StringBuilder text)
    {
        if (Text is not null)
        {
            text.Append(Text);
            return;
        }

        text.Append(Members is null ? '[' : '{');
        var first = true;
        foreach (var (key, value) in Members ?? (Items ?? []).ConvertAll(item => ("", item)))
        {
            if (!first)
                text.Append(',');
            first = false;
            if (Members is not null)
                text.Append(key).Append(':');
            value.Write(text);
        }

        text.Append(Members is null ? ']' : '}');
    }

    private static JsonTree Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => new JsonTree { Members = [.. element.EnumerateObject().Select(member => (JsonSerializer.Serialize(member.Name), Of(member.Value)))] },
        JsonValueKind.Array => new JsonTree { Items = [.. element.EnumerateArray().Select(Of)] },
        _ => Scalar(element.GetRawText()),
    };
}
