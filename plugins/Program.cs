using CniPlugins.Bandwidth;
using CniPlugins.Bridge;
using CniPlugins.Cni;
using CniPlugins.Firewall;
using CniPlugins.Ipam.HostLocal;
using CniPlugins.Ipam.Static;
using CniPlugins.Linux;
using CniPlugins.Loopback;
using CniPlugins.Portmap;
using CniPlugins.Ptp;
using CniPlugins.Tuning;

namespace CniPlugins;

/// <summary>One executable that answers to the name of every plugin: the table of contents of the suite.</summary>
internal static class Program
{
    private static ReadOnlySpan<string> Names => new[] { "bandwidth", "bridge", "firewall", "host-local", "loopback", "portmap", "ptp", "static", "tuning" };

    private static Plugin? Find(string name) => name switch
    {
        "bandwidth" => new BandwidthPlugin(),
        "bridge" => new BridgePlugin(),
        "firewall" => new FirewallPlugin(),
        "host-local" => new HostLocalPlugin(),
        "loopback" => new LoopbackPlugin(),
        "portmap" => new PortmapPlugin(),
        "ptp" => new PtpPlugin(),
        "static" => new StaticPlugin(),
        "tuning" => new TuningPlugin(),
        _ => null,
    };

    public static int Main(string[] args)
    {
        using var stdin = new DescriptorStream(Libc.STDIN_FILENO, "/dev/stdin");
        using var stdout = new DescriptorStream(Libc.STDOUT_FILENO, "/dev/stdout");
        using var stderr = new DescriptorStream(Libc.STDERR_FILENO, "/dev/stderr");
        if (args is ["--list"])
        {
            foreach (var each in Names)
                stdout.Write(System.Text.Encoding.UTF8.GetBytes(each + "\n"));
            return 0;
        }

        if (args is ["--remove-tables"])
            return RemoveTables(stderr);
        var called = Path.GetFileName(Environment.GetCommandLineArgs()[0]);
        var name = Find(called) is null && args is [var first, ..] ? first : called;
        var environment = CniEnvironment.Current;
        if (environment.Command is "DEL" or "GC")
            Termination.Ignore();
        return new PluginHost(Find, "v0.1.0").Run(name, environment, stdin, stdout, stderr);
    }

    /// <summary>For scripts/install.sh --uninstall.</summary>
    private static int RemoveTables(DescriptorStream stderr)
    {
        try
        {
            OwnTables.Remove();
            return 0;
        }
        catch (Exception e) when (e is IErrnoException)
        {
            stderr.Write(System.Text.Encoding.UTF8.GetBytes($"cni-plugins: {e.Message}\n"));
            return 1;
        }
    }
}
