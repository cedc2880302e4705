namespace CniPlugins.Fuzz;

/// <summary>The committed inputs: examples to start from, and every input that once broke something.</summary>
internal static class CorpusFolder
{
    /// <summary>The files of a folder by name, in order; they are tried as they are before anything is made from them.</summary>
    public static IReadOnlyList<(string Name, byte[] Bytes)> Read(string name) =>
        [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Corpus", name)).Order(StringComparer.Ordinal)
            .Select(file => (Path.GetFileName(file), File.ReadAllBytes(file)))];
}
