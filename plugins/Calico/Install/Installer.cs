using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using CniPlugins.Cni;
using CniPlugins.Kubernetes;
using CniPlugins.Linux;

namespace CniPlugins.Calico.Install;

/// <summary>
/// Sets a node up as Calico's init container does: etcd's certificates, executables, the plugins' kubeconfig, and last the configuration, whose appearance makes the
/// node ready. With SLEEP=true it stays and renews what ends.
/// </summary>
/// <param name="settings">The environment.</param>
/// <param name="root">The host, as it is mounted: /host.</param>
/// <param name="image">Where the image has its executables.</param>
/// <param name="account">What the pod was given to speak to the cluster.</param>
[SupportedOSPlatform("linux")]
internal sealed class Installer(InstallSettings settings, string root = "/host", string image = "/opt/cni/bin", string account = InCluster.Directory)
{
    private const uint Private = 0x180; // 0600

    private static readonly string[] TlsNames = ["etcd-ca", "etcd-cert", "etcd-key"];
    private static readonly TimeSpan Nap = TimeSpan.FromSeconds(10);

    private string NetDirectory => $"{root}/etc/cni/net.d";

    /// <summary>Runs as a program: 0, or 1 with a line on stderr.</summary>
    public static int Run(IReadOnlyDictionary<string, string> environment)
    {
        try
        {
            var installer = new Installer(new InstallSettings(environment));
            installer.Install();
            installer.Stay();
            return 0;
        }
        catch (Exception e) when (e is InstallException or ICodedException or LibcException or IOException or UnauthorizedAccessException)
        {
            StandardError.WriteLine($"install: {e.Message}{(CniException.From(e).Details is { Length: > 0 } details ? $"; {details}" : "")}");
            return 1;
        }
    }

    /// <summary>Once, in an order in which a node is never without a plugin that its configuration names.</summary>
    public void Install()
    {
        var tls = CopyTlsFiles();
        foreach (var directory in new BinaryInstaller(image, settings).Install([$"{root}/opt/cni/bin", $"{root}/secondary-bin-dir"]))
            StandardError.WriteLine($"install: executables are in {directory}");
        WriteNodeName();
        _expires = RenewToken();
        var token = IsInCluster ? Encoding.UTF8.GetString(DiskFile.Read($"{account}/token")!).Trim() : "";
        HostFile.Replace($"{NetDirectory}/{settings.ConfName}", Conflist.Render(settings, tls, token), FileMode());
        StandardError.WriteLine($"install: wrote {settings.NetDirectory}/{settings.ConfName}");
        if (settings.OldConfName != settings.ConfName)
            _ = DiskFile.Delete($"{NetDirectory}/{settings.OldConfName}");
    }

    private DateTimeOffset? _expires;

    private bool IsInCluster => FileStatus.Of($"{account}/token") is not null;

    /// <summary>With SLEEP=true: until a signal, a new token long before the old one ends, and etcd's files when they change.</summary>
    private void Stay()
    {
        if (!settings.Stays)
            return;
        using var stop = new ManualResetEventSlim();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Set();
        }

        var (next, change) = (NextRenewal(failed: false), TlsChange());
        while (!stop.Wait(Nap < next - DateTimeOffset.UtcNow ? Nap : TimeSpan.FromSeconds(1)))
        {
            if (TlsChange() != change)
            {
                change = TlsChange();
                CopyTlsFiles();
            }

            if (DateTimeOffset.UtcNow >= next)
                next = NextRenewal(!TryRenew());
        }
    }

    /// <summary>A quarter of the token's life, and up to as much again, so that a thousand nodes do not come at once; soon after a failure.</summary>
    private DateTimeOffset NextRenewal(bool failed)
    {
        var now = DateTimeOffset.UtcNow;
        if (!IsInCluster || (_expires is null && settings.RefreshInterval is null && !failed))
            return DateTimeOffset.MaxValue;
        var wait = failed || _expires - now < TimeSpan.FromSeconds(20) ? TimeSpan.FromSeconds(5) : settings.RefreshInterval ?? (_expires!.Value - now) / 4;
        return now + (wait * (1 + Random.Shared.NextDouble()));
    }

    private bool TryRenew()
    {
        try
        {
            _expires = RenewToken();
            return true;
        }
        catch (Exception e) when (e is InstallException or ICodedException or LibcException or IOException)
        {
            StandardError.WriteLine($"install: {e.Message}; trying again");
            return false;
        }
    }

    /// <summary>Writes the plugins' kubeconfig with a new token; says when that ends.</summary>
    private DateTimeOffset? RenewToken()
    {
        if (!IsInCluster)
            return null;
        var plugin = new PluginToken(settings, account);
        var (token, expires) = plugin.Request();
        HostFile.Replace($"{NetDirectory}/calico-kubeconfig", plugin.Kubeconfig(token), Private);
        StandardError.WriteLine($"install: wrote {settings.NetDirectory}/calico-kubeconfig{(expires is { } end ? $", good until {end.UtcDateTime:u}" : "")}");
        return expires;
    }

    /// <summary>Where nobody else does it: the plugins find the node's name in a file that calico/node writes. One that is there stays.</summary>
    private void WriteNodeName()
    {
        var directory = $"{root}/var/lib/calico";
        if (FileStatus.Of(directory) is { IsDirectory: true } && FileStatus.Of($"{directory}/nodename") is null && settings.NodeName.Length > 0)
            HostFile.Replace($"{directory}/nodename", Encoding.UTF8.GetBytes(settings.NodeName), 0x1a4); // 0644
    }

    /// <summary>etcd's files, or their removal; returns which there are.</summary>
    private List<string> CopyTlsFiles()
    {
        var target = $"{NetDirectory}/calico-tls";
        var found = TlsNames.Where(name => FileStatus.Of($"{settings.TlsDirectory}/{name}") is not null).ToList();
        if (found.Count > 0)
            DiskFile.CreateDirectories(target, 0x1c0); // 0700
        foreach (var name in TlsNames)
        {
            if (found.Contains(name))
                HostFile.Replace($"{target}/{name}", File.ReadAllBytes($"{settings.TlsDirectory}/{name}"), Private);
            else
                _ = DiskFile.Delete($"{target}/{name}");
        }

        return found;
    }

    private long TlsChange() => File.Exists($"{settings.TlsDirectory}/etcd-cert") ? File.GetLastWriteTimeUtc($"{settings.TlsDirectory}/etcd-cert").Ticks : 0;

    private uint FileMode() => settings.Variable("TEST_FILE_PERMISSION") is { Length: > 0 } text ? Convert.ToUInt32(text, 8) : Private;
}
