using CniPlugins.Cni;
using CniPlugins.Linux;

namespace CniPlugins.Runtime;

/// <summary>The attachments that exist, one file each: libcni's directory, shared with every other runtime that uses it.</summary>
internal sealed class ResultCache(string cacheDirectory = ResultCache.DefaultDirectory)
{
    public const string DefaultDirectory = "/var/lib/cni";

    private string Results => Path.Combine(cacheDirectory, "results");

    /// <summary>Remembers an attachment; the file appears whole or not at all.</summary>
    public void Store(CachedAttachment entry)
    {
        var path = FileOf(entry.NetworkName, entry.Attachment.ContainerId, entry.Attachment.IfName);
        DiskFile.CreateDirectories(Results, 0x1c0 /* 0700 */);
        // The dot keeps it out of every listing, ours and libcni's prefix look-ups; the process ID apart from a concurrent call's.
        var temporary = Path.Combine(Results, $".{Environment.ProcessId}-{Guid.NewGuid():N}");
        try
        {
            DiskFile.Write(temporary, entry.ToBytes(), 0x180 /* 0600 */);
            DiskFile.Rename(temporary, path);
        }
        catch (LibcException)
        {
            _ = DiskFile.Delete(temporary);
            throw;
        }
    }

    /// <summary>What is remembered, or null; throws <see cref="ConfigException"/> or code 999 when the file does not decode.</summary>
    public CachedAttachment? Find(string network, string containerId, string ifName) =>
        DiskFile.Read(FileOf(network, containerId, ifName)) is { } json ? CachedAttachment.Parse(json) : null;

    /// <summary>Forgets an attachment; false when it was not known.</summary>
    public bool Delete(string network, string containerId, string ifName) => DiskFile.Delete(FileOf(network, containerId, ifName));

    /// <summary>All attachments of a network, by file name; what is not an entry of libcni's is passed over.</summary>
    public IReadOnlyList<CachedAttachment> List(string network) => [.. Entries($"{network}-", _ => true).Where(entry => entry.NetworkName == network)];

    /// <summary>The same without those that are valid, whose files are not even read, and those that were remembered after a moment (CLOCK_BOOTTIME, ns).</summary>
    public IReadOnlyList<CachedAttachment> ListStale(string network, IEnumerable<Cni.Attachment> valid, long moment)
    {
        var wanted = valid.Select(attachment => $"{network}-{attachment.ContainerId}-{attachment.IfName}").ToHashSet();
        return
        [
            .. Entries($"{network}-", file => !wanted.Contains(Path.GetFileName(file)) && FileStatus.Of(file)?.ChangedSince(moment) is false)
                .Where(entry => entry.NetworkName == network),
        ];
    }

    /// <summary>All attachments of all networks, by file name.</summary>
    public IReadOnlyList<CachedAttachment> List() => [.. Entries("", _ => true).Where(entry => entry.NetworkName.Length > 0)];

    private IEnumerable<CachedAttachment> Entries(string prefix, Func<string, bool> condition) =>
        !Directory.Exists(Results) ? []
        : Directory.EnumerateFiles(Results).Order(StringComparer.Ordinal)
            .Where(file => Path.GetFileName(file).StartsWith(prefix, StringComparison.Ordinal) && condition(file))
            .Select(Read).OfType<CachedAttachment>()
            .Where(entry => entry.Attachment.IfName.Length > 0);

    private static CachedAttachment? Read(string file)
    {
        try
        {
            return DiskFile.Read(file) is { } json ? CachedAttachment.Parse(json) : null;
        }
        catch (Exception e) when (e is ConfigException or CniException)
        {
            return null;
        }
    }

    private string FileOf(string network, string containerId, string ifName)
    {
        if (network.Length == 0 || containerId.Length == 0 || ifName.Length == 0)
        {
            throw new CniException(
                $"cache file path requires network name (\"{network}\"), container ID (\"{containerId}\"), and interface name (\"{ifName}\")");
        }

        var name = $"{network}-{containerId}-{ifName}";
        return name.Contains('/', StringComparison.Ordinal)
            ? throw new CniException(CniErrorCode.InvalidEnvironment, $"\"{name}\" cannot be the name of a cache file")
            : Path.Combine(Results, name);
    }
}
