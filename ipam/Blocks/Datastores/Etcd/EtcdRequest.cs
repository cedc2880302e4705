using System.Globalization;
using System.Text;
using CniPlugins.Cni;

namespace CniPlugins.Ipam.Blocks.Datastores.Etcd;

/// <summary>Requests of etcd's JSON gateway (etcd: api/etcdserverpb/rpc.proto); keys and values travel as base64, 64-bit numbers as text.</summary>
internal static class EtcdRequest
{
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

    /// <summary>Several questions in one transaction; a path that ends with a slash asks for all below it.</summary>
    public static byte[] Ranges(ReadOnlySpan<string> paths)
    {
        var json = new JsonWriter(indented: false);
        json.WriteStartObject();
        json.WriteStartArray("success");
        foreach (var path in paths)
            WriteRange(path, json);
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
        WriteRange(path, json);
        json.WriteEndArray();
        json.WriteEndObject();
        return json.ToArray();
    }

    private static void WriteRange(string path, JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("requestRange");
        WriteBytes("key", path, json);
        if (path.EndsWith('/'))
            WriteBytes("rangeEnd", path[..^1] + (char)('/' + 1), json); // the first key that does not begin with the path
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteBytes(string name, string text, JsonWriter json) =>
        json.WriteString(name, Convert.ToBase64String(Encoding.UTF8.GetBytes(text)));
}
