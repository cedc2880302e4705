using CniPlugins.Linux;

namespace CniPlugins.Ipam.Dhcp;

/// <summary>
/// Where a daemon keeps its leases: beside its socket, <c>/run/cni/dhcp.leases/NETWORK/CONTAINER:IFNAME</c>, which is gone after a reboot as the pods are.
/// </summary>
internal sealed record LeaseDirectory(string Path)
{
    private const uint DirectoryMode = 0x1c0; // 0700
    private const uint FileMode = 0x180; // 0600

    public static LeaseDirectory Of(string socket) => new(System.IO.Path.ChangeExtension(socket, ".leases"));

    /// <summary>What a second daemon must not have at the same time.</summary>
    public FileLock Lock()
    {
        DiskFile.CreateDirectories(Path, DirectoryMode);
        return FileLock.Take($"{Path}/.lock", FileMode, TimeSpan.Zero);
    }

    /// <summary>Every lease that was kept, as its bytes, and where.</summary>
    public IEnumerable<(string File, byte[] Content)> All()
    {
        foreach (var network in DiskFile.Names(Path))
        {
            if (!Directory.Exists($"{Path}/{network}"))
                continue;
            foreach (var name in DiskFile.Names($"{Path}/{network}"))
            {
                var file = $"{Path}/{network}/{name}";
                if (DiskFile.Read(file) is { } content)
                    yield return (file, content);
            }
        }
    }

    /// <summary>Keeps a lease: the former content or this one is there, never a part.</summary>
    public void Keep(LeaseKey key, ReadOnlySpan<byte> content)
    {
        var file = FileOf(key);
        DiskFile.CreateDirectories($"{Path}/{key.Network}", DirectoryMode);
        DiskFile.Write($"{Path}/.new", content, FileMode);
        DiskFile.Rename($"{Path}/.new", file);
    }

    public void Forget(LeaseKey key) => DiskFile.Delete(FileOf(key));

    private string FileOf(LeaseKey key) => $"{Path}/{key.Network}/{key.ContainerId}:{key.IfName}";
}
