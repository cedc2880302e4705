using CniPlugins.Linux;

namespace CniPlugins.Bench;

/// <summary>What plugins take on the disk; names that are one file count once.</summary>
internal static class DiskSize
{
    /// <summary>Of the named plugins, in MiB.</summary>
    public static double Of(Suite suite, IReadOnlyCollection<string> names) =>
        names.Select(name => Path.Combine(suite.Directory, name)).DistinctBy(FileIdentity.Of).Sum(file => new FileInfo(file).Length) / 1048576.0;

    /// <summary>All plugins of a directory; cnitool is the runtime's side.</summary>
    public static IReadOnlyCollection<string> Names(Suite suite) =>
        [.. Directory.EnumerateFiles(suite.Directory).Select(Path.GetFileName).OfType<string>().Where(name => name != "cnitool")];

    public static IReadOnlyCollection<string> NamesOfAll(IReadOnlyList<Suite> suites) =>
        [.. suites.Select(Names).Aggregate((a, b) => [.. a.Intersect(b)])];
}
