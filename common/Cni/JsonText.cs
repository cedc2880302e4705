namespace CniPlugins.Cni;

/// <summary>JSON documents as Go lays them out: four spaces, no line break at the end.</summary>
internal static class JsonText
{
    /// <summary>Writes a document; indented for people and runtimes, compact for caches.</summary>
    public static byte[] Write(Action<JsonWriter> document, bool indented = true)
    {
        var writer = new JsonWriter(indented);
        document(writer);
        return writer.ToArray();
    }
}
