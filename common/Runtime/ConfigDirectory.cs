using CniPlugins.Cni;
using CniPlugins.Linux;

namespace CniPlugins.Runtime;

/// <summary>A directory of network configurations (<c>/etc/cni/net.d</c>).</summary>
internal sealed class ConfigDirectory(string directory)
{
    private static readonly string[] Lists = [".conflist"];
    private static readonly string[] Singles = [".conf", ".json"];

    /// <summary>
    /// The network of that name: lists before single plugins, each in the order of their paths. A broken file before the right one is an error, as in libcni
    /// (libcni/conf.go, LoadNetworkConf), unless <paramref name="broken"/> is told of it instead.
    /// </summary>
    public NetworkList Find(string name, Action<string>? broken = null)
    {
        var lists = Files(directory, Lists);
        var singles = Files(directory, Singles);
        if (singles.Count == 0 && lists.Count == 0)
            throw new ConfigException($"no net configurations found in {directory}");
        foreach (var file in lists)
        {
            if (Try(file, NetworkList.Load, broken) is { } list && list.Name == name)
                return list;
        }

        foreach (var file in singles)
        {
            if (Try(file, LoadPlugin, broken) is { } plugin && plugin.Name == name)
                return NetworkList.FromPlugin(plugin);
        }

        throw new ConfigException($"no net configuration with name \"{name}\" in {directory}");
    }

    /// <summary>Every configuration file by name, whatever its kind, with what it says or why it cannot be used.</summary>
    public IReadOnlyList<ConfigFile> Entries() => [.. Files(directory, [.. Lists, .. Singles]).Select(Entry)];

    /// <summary>The plugins that other packages add to a list: <c>DIR/NAME/*.conf</c>, by name.</summary>
    public static IEnumerable<PluginConfig> DropIns(string listFile, string network)
    {
        // A name that leads out of the directory is refused by every plugin later; here it must not choose what is read.
        if (!ContainerId.IsSafe(network))
            yield break;
        foreach (var file in Files(Path.Combine(Path.GetDirectoryName(listFile) ?? "", network), [".conf"]))
            yield return LoadDropIn(file);
    }

    /// <summary>Reads a file that holds one plugin's configuration.</summary>
    public static PluginConfig LoadPlugin(string path) => PluginConfig.Parse(ReadFile(path));

    /// <summary>A file's bytes; throws <see cref="ConfigException"/> <c>error reading PATH: cause</c>.</summary>
    public static byte[] ReadFile(string path)
    {
        try
        {
            return DiskFile.Read(path) ?? throw new LibcException(Errno.ENOENT, $"open {path}");
        }
        catch (LibcException e)
        {
            throw new ConfigException($"error reading {path}: {e.Message}");
        }
    }

    private static T? Try<T>(string file, Func<string, T> load, Action<string>? broken)
        where T : class
    {
        try
        {
            return load(file);
        }
        catch (ConfigException e) when (broken is not null)
        {
            broken($"{file} is passed over: {e.Message}");
            return null;
        }
    }

    private static PluginConfig LoadDropIn(string path)
    {
        try
        {
            return LoadPlugin(path);
        }
        catch (ConfigException e)
        {
            throw new ConfigException($"failed to load plugin config file {path}: {e.Message}");
        }
    }

    private static ConfigFile Entry(string path)
    {
        try
        {
            return new ConfigFile(path, NetworkList.Load(path), "");
        }
        catch (ConfigException e)
        {
            return new ConfigFile(path, null, e.Message);
        }
    }

    private static IReadOnlyList<string> Files(string directory, string[] extensions) => !Directory.Exists(directory)
        ? []
        : [.. Directory.EnumerateFiles(directory).Where(file => extensions.Contains(Path.GetExtension(file))).Order(StringComparer.Ordinal)];
}

/// <summary>A file of the directory: the network in it, or the problem with it.</summary>
internal sealed record ConfigFile(string Path, NetworkList? List, string Problem);
