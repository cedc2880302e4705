using System.Text;
using CniPlugins.Attachment.Tables;
using CniPlugins.Bandwidth;
using CniPlugins.Bridge;
using CniPlugins.Cni;
using CniPlugins.Dummy;
using CniPlugins.Firewall;
using CniPlugins.Flannel;
using CniPlugins.HostDevice;
using CniPlugins.Ipam.Dhcp;
using CniPlugins.Ipam.HostLocal;
using CniPlugins.Ipam.Static;
using CniPlugins.Ipvlan;
using CniPlugins.Linux;
using CniPlugins.Loopback;
using CniPlugins.Macvlan;
using CniPlugins.Portmap;
using CniPlugins.Ptp;
using CniPlugins.Sbr;
using CniPlugins.Tap;
using CniPlugins.Tuning;
using CniPlugins.Vlan;
using CniPlugins.Vrf;

namespace CniPlugins;

/// <summary>One executable that answers to the name of every plugin: the table of contents of the suite.</summary>
internal static class Program
{
    private static string[] Names =>
    [
        "bandwidth", "bridge", "dhcp", "dummy", "firewall", "flannel", "host-device", "host-local", "ipvlan", "loopback", "macvlan", "portmap", "ptp",
        "sbr", "static", "tap", "tuning", "vlan", "vrf",
    ];

    /// <summary>The names, for cnitool.</summary>
    internal static IReadOnlyList<string> All => Names;

    internal static Plugin? Find(string name) => name switch
    {
        "bandwidth" => new BandwidthPlugin(),
        "bridge" => new BridgePlugin(),
        "dhcp" => new DhcpPlugin(),
        "dummy" => new DummyPlugin(),
        "firewall" => new FirewallPlugin(),
        "flannel" => new FlannelPlugin(),
        "host-device" => new HostDevicePlugin(),
        "host-local" => new HostLocalPlugin(),
        "ipvlan" => new IpvlanPlugin(),
        "loopback" => new LoopbackPlugin(),
        "macvlan" => new MacvlanPlugin(),
        "portmap" => new PortmapPlugin(),
        "ptp" => new PtpPlugin(),
        "sbr" => new SbrPlugin(),
        "static" => new StaticPlugin(),
        "tap" => new TapPlugin(),
        "tuning" => new TuningPlugin(),
        "vlan" => new VlanPlugin(),
        "vrf" => new VrfPlugin(),
        _ => null,
    };

    public static int Main(string[] args) => new Executable("cni-plugins", Names, Find).Run(args, Answer);

    private static int? Answer(string[] options, Stream stderr) => options switch
    {
        ["--remove-tables"] => RemoveTables(stderr),
        ["daemon", .. var flags] when Path.GetFileName(Environment.GetCommandLineArgs()[0]) == "dhcp" => BecomeDaemon(flags, stderr),
        ["dhcp", "daemon", .. var flags] => BecomeDaemon(flags, stderr),
        _ => TapDevice.Run(options, stderr),
    };

    /// <summary>
    /// <c>dhcp daemon</c>: what lives long needs an ordinary runtime, which is the executable's beside this one; so the plugin of that name starts as fast as
    /// the others. The process stays the same, for whoever started it watches it, and may have given it a socket.
    /// </summary>
    private static int BecomeDaemon(string[] flags, Stream stderr)
    {
        var node = Path.Combine(Path.GetDirectoryName(Environment.ProcessPath) ?? "", "cni-node");
        try
        {
            Replacement.Become(node, ["dhcp", "daemon", .. flags]);
        }
        catch (LibcException e)
        {
            stderr.Write(Encoding.UTF8.GetBytes($"dhcp: {e.Message}; the daemon is in that file\n"));
        }

        return 1;
    }

    /// <summary>For scripts/install.sh --uninstall.</summary>
    private static int RemoveTables(Stream stderr)
    {
        try
        {
            OwnTables.Remove();
            return 0;
        }
        catch (Exception e) when (e is IErrnoException)
        {
            stderr.Write(Encoding.UTF8.GetBytes($"cni-plugins: {e.Message}\n"));
            return 1;
        }
    }
}
