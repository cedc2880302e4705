using System.Globalization;
using System.Text;
using CniPlugins.Cni;

namespace CniPlugins.Ipam.Blocks.Datastores.Etcd;

/// <summary>A key, or all keys below a path that ends with a slash.</summary>
/// <param name="Path">The key or path.</param>
/// <param name="After">Only what comes after this key: an earlier page ended with it.</param>
internal readonly record struct EtcdQuestion(string Path, string? After = null);

/// <summary>Requests of etcd's JSON gateway (etcd: api/etcdserverpb/rpc.proto); keys and values travel as base64, 64-bit numbers as text.</summary>
internal static class EtcdRequest
{
    private const string PageSize = "1000"; // a page of full blocks is 25 MB, and 50,000 handles at once are not answered in time

    /// <summary><c>etcdctl user auth</c>: asks for a token.</summary>
    public static byte[] Authenticate(string name, string password) => JsonText.Write(
        json =>
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("password", password);
            json.WriteEndObject();
        },
        indented: false);

    /// <summary>Several questions in one transaction.</summary>
    public static byte[] Ranges(ReadOnlySpan<EtcdQuestion> questions)
    {
        var json = new JsonWriter(indented: false);
        json.WriteStartObject();
        json.WriteStartArray("success");
        foreach (var question in questions)
            WriteRange(question, json);
        json.WriteEndArray();
        json.WriteEndObject();
        return json.ToArray();
    }

    /// <summary>Puts a value where nothing is (revision 0) or where what is there has this revision still; else tells what is there.</summary>
    public static byte[] Put(string path, long revision, byte[] value) => Swap(path, revision, json =>
    {
        json.WriteStartObject("requestPut");
        WriteBytes("key", path, json);
        json.WriteString("value", Convert.ToBase64String(value));
        json.WriteEndObject();
    });

    /// <summary>Deletes what has this revision still; else tells what is there.</summary>
    public static byte[] Delete(string path, long revision) => Swap(path, revision, json =>
    {
        json.WriteStartObject("requestDeleteRange");
        WriteBytes("key", path, json);
        json.WriteEndObject();
    });

    private static byte[] Swap(string path, long revision, Action<JsonWriter> change)
    {
        var json = new JsonWriter(indented: false);
        json.WriteStartObject();
        json.WriteStartArray("compare");
        json.WriteStartObject();
        json.WriteString("target", "MOD");
        json.WriteString("result", "EQUAL");
        WriteBytes("key", path, json);
        json.WriteString("modRevision", revision.ToString(CultureInfo.InvariantCulture));
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartArray("success");
        json.WriteStartObject();
        change(json);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartArray("failure");
        WriteRange(new EtcdQuestion(path), json);
        json.WriteEndArray();
        json.WriteEndObject();
        return json.ToArray();
    }

    private static void WriteRange(EtcdQuestion question, JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("requestRange");
        WriteBytes("key", question.After is { } after ? after + '\0' : question.Path, json);
        if (question.Path.EndsWith('/'))
        {
            WriteBytes("rangeEnd", question.Path[..^1] + (char)('/' + 1), json); // the first key that does not begin with the path
            json.WriteString("limit", PageSize);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteBytes(string name, string text, JsonWriter json) =>
        json.WriteString(name, Convert.ToBase64String(Encoding.UTF8.GetBytes(text)));
}
