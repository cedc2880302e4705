using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool.Topology.Reading;

/// <summary>What the runtimes of this host remember; a file that does not decode is named, and hides no other.</summary>
internal sealed class CacheReader
{
    private readonly List<CachedAttachment> _entries = [];
    private readonly List<string> _problems = [];
    private readonly List<string> _unread = [];

    /// <summary>Reads directories of libcni's, each with a folder <c>results</c> or being one.</summary>
    public CacheReader(IReadOnlyList<string> directories)
    {
        foreach (var directory in directories)
            ReadDirectory(Path.GetFileName(directory) == "results" ? directory : Path.Combine(directory, "results"));
    }

    /// <summary>Where libcni's users keep their results: libcni itself (containerd, CRI-O, cnitool), the kubelets of dockershim's time, multus.</summary>
    public static IReadOnlyList<string> DefaultDirectories => [ResultCache.DefaultDirectory, "/var/lib/cni/cache", "/var/lib/cni/multus"];

    /// <summary>All attachments by network, container and interface, each once.</summary>
    public IReadOnlyList<CachedAttachment> Entries =>
        [.. _entries.DistinctBy(entry => (entry.NetworkName, entry.Attachment.ContainerId, entry.Attachment.IfName))];

    /// <summary>Files that are no cached attachments, with the reason.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Directories and files that could not be read.</summary>
    public IReadOnlyList<string> Unread => _unread;

    private void ReadDirectory(string directory)
    {
        try
        {
            foreach (var name in DiskFile.Names(directory).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal))
                ReadFile(Path.Combine(directory, name));
        }
        catch (LibcException e)
        {
            _unread.Add($"cached results in {directory}: {e.Errno.Describe()}");
        }
    }

    private void ReadFile(string file)
    {
        try
        {
            if (DiskFile.Read(file) is not { } json)
                return; // DEL was faster
            var entry = CachedAttachment.Parse(json);
            if (entry.NetworkName.Length > 0 && entry.Attachment.IfName.Length > 0 && entry.Attachment.ContainerId.Length > 0)
                _entries.Add(entry);
            else
                _problems.Add($"{file}: not a cached attachment (a result without network, container and interface)");
        }
        catch (Exception e) when (e is ConfigException or CniException)
        {
            _problems.Add($"{file}: broken: {e.Message}");
        }
        catch (LibcException e)
        {
            _unread.Add($"cached result {e.Message}");
        }
    }
}
