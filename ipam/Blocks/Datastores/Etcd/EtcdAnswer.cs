using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CniPlugins.Ipam.Blocks.Datastores.Etcd;

/// <summary>A key of etcd with its value.</summary>
internal readonly record struct EtcdPair(string Path, byte[] Value, long Revision);

/// <summary>What was found for a question, sorted by key, and whether there is more.</summary>
internal readonly record struct EtcdPage(IReadOnlyList<EtcdPair> Pairs, bool HasMore);

/// <summary>What etcd says to a transaction.</summary>
/// <param name="Succeeded">The comparison held.</param>
/// <param name="Revision">The store's revision after it: that of what was put.</param>
/// <param name="Pages">What was found for each question (deletions and puts included).</param>
internal sealed record EtcdAnswer(bool Succeeded, long Revision, IReadOnlyList<EtcdPage> Pages)
{
    /// <summary>Reads it; throws <see cref="JsonException"/> or <see cref="FormatException"/> for what is none.</summary>
    public static EtcdAnswer Read(ReadOnlySpan<byte> body)
    {
        var (succeeded, revision, pages) = (false, 0L, new List<EtcdPage>());
        var json = new Utf8JsonReader(body);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            throw new JsonException("not an object");
        while (Next(ref json))
        {
            if (Is(ref json, "succeeded"u8))
                succeeded = json.GetBoolean();
            else if (Is(ref json, "header"u8))
                revision = ReadHeader(ref json);
            else if (Is(ref json, "responses"u8))
                ReadResponses(ref json, pages);
            else
                Skip(ref json);
        }

        return new EtcdAnswer(succeeded, revision, pages);
    }

    /// <summary>One text of a flat object (a token, an error's words); empty if it is not there.</summary>
    public static string ReadText(ReadOnlySpan<byte> body, ReadOnlySpan<byte> name)
    {
        var text = "";
        var json = new Utf8JsonReader(body);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            return "";
        while (Next(ref json))
        {
            if (!Is(ref json, name))
                Skip(ref json);
            else if (json.TokenType == JsonTokenType.String)
                text = json.GetString()!;
            else if (json.TokenType == JsonTokenType.Number)
                text = Encoding.ASCII.GetString(json.ValueSpan);
            else
                json.Skip();
        }

        return text;
    }

    private static long ReadHeader(ref Utf8JsonReader json)
    {
        var revision = 0L;
        while (Next(ref json))
        {
            if (Is(ref json, "revision"u8))
                revision = Number(ref json);
            else
                Skip(ref json);
        }

        return revision;
    }

    private static void ReadResponses(ref Utf8JsonReader json, List<EtcdPage> pages)
    {
        while (json.Read() && json.TokenType == JsonTokenType.StartObject)
        {
            var page = new EtcdPage([], false);
            while (Next(ref json))
            {
                if (Is(ref json, "response_range"u8))
                    page = ReadRange(ref json);
                else
                    Skip(ref json);
            }

            pages.Add(page);
        }
    }

    private static EtcdPage ReadRange(ref Utf8JsonReader json)
    {
        var (pairs, hasMore) = (new List<EtcdPair>(), false);
        while (Next(ref json))
        {
            if (Is(ref json, "kvs"u8))
                ReadPairs(ref json, pairs);
            else if (Is(ref json, "more"u8))
                hasMore = json.GetBoolean();
            else
                Skip(ref json);
        }

        return new EtcdPage(pairs, hasMore && pairs.Count > 0);
    }

    private static void ReadPairs(ref Utf8JsonReader json, List<EtcdPair> pairs)
    {
        while (json.Read() && json.TokenType == JsonTokenType.StartObject)
            pairs.Add(ReadPair(ref json));
    }

    private static EtcdPair ReadPair(ref Utf8JsonReader json)
    {
        var pair = new EtcdPair("", [], 0);
        while (Next(ref json))
        {
            if (Is(ref json, "key"u8))
                pair = pair with { Path = Encoding.UTF8.GetString(json.GetBytesFromBase64()) };
            else if (Is(ref json, "value"u8))
                pair = pair with { Value = json.GetBytesFromBase64() };
            else if (Is(ref json, "mod_revision"u8))
                pair = pair with { Revision = Number(ref json) };
            else
                Skip(ref json);
        }

        return pair;
    }

    /// <summary>Whether another member follows; if so the reader stands at its name.</summary>
    private static bool Next(ref Utf8JsonReader json) => json.Read() && json.TokenType == JsonTokenType.PropertyName;

    /// <summary>Goes on to the member's value if it has this name.</summary>
    private static bool Is(ref Utf8JsonReader json, ReadOnlySpan<byte> name) =>
        json.TokenType == JsonTokenType.PropertyName && json.ValueTextEquals(name) && json.Read();

    private static void Skip(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }

    private static long Number(ref Utf8JsonReader json) =>
        json.TokenType == JsonTokenType.Number ? json.GetInt64()
        : long.TryParse(json.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new FormatException($"\"{json.GetString()}\" is no revision");
}
