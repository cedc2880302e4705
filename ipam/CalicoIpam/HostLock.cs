using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Linux;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>One change at a time on this host, upstream's calls included: fewer conflicts in the datastore. Nothing depends on it.</summary>
internal sealed class HostLock : IDisposable
{
    private const uint DirectoryMode = 0x1ff; // 0777 less the umask, as upstream makes it
    private const uint FileMode = 0x180; // 0600

    // Upstream waits for ever; a call that waits for so long goes on without, and compare-and-swap keeps it from doing harm.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly FileLock? _lock;

    private HostLock(FileLock? taken) => _lock = taken;

    /// <summary>Takes the lock of <c>ipam_lock_file</c>; whatever keeps it from that is logged, and the call goes on.</summary>
    public static HostLock Take(NetConf conf, CallLog log)
    {
        var path = ReadPath(new OptionReader(conf.Root));
        try
        {
            DiskFile.CreateDirectories(Path.GetDirectoryName(path) ?? "/", DirectoryMode);
            return new HostLock(FileLock.Take(path, FileMode, Limit));
        }
        catch (Exception e) when (e is LibcException or TimeoutException)
        {
            log.Error($"going on without the host's lock: {e.Message}");
            return new HostLock(null);
        }
    }

    /// <summary><c>ipam_lock_file</c>.</summary>
    public static string ReadPath(OptionReader options) =>
        options.Text("ipam_lock_file", "The lock that the host's calls share, Calico's own included.", "/var/run/calico/ipam.lock");

    public void Dispose() => _lock?.Dispose();
}
