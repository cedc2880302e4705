using CniPlugins.Ipam.Dhcp.Daemon;
using CniPlugins.Linux;
using CniPlugins.Node.Firewalld;

namespace CniPlugins.Node;

/// <summary>The third executable: what needs an ordinary runtime, to live as long as the node or to speak D-Bus.</summary>
internal static class Program
{
    private const int Usage = 2;

    /// <summary>The name in argv[0] says what it is to be, as that of plugins/Program.cs does (<c>dhcp daemon</c>), or the first argument.</summary>
    public static int Main(string[] args)
    {
        DescriptorStream.OccupyStandardStreams();
        var isNamed = Path.GetFileName(Environment.GetCommandLineArgs()[0]) == "dhcp";
        switch (isNamed ? ["dhcp", .. args] : args)
        {
            case ["--list"]:
                return 0; // no plugin's name
            case [.., "--version"]:
                Console.Out.Write(Cni.BuildVersion.Of("cni-node"));
                return 0;
            case ["dhcp", "daemon", .. var flags]:
                return DhcpDaemon.Main(flags);
            case ["firewalld", .. var order]:
                return ZoneCommand.Run(order);
            default:
                StandardError.WriteLine($"usage: {ZoneCommand.Usage}\n       cni-node dhcp daemon [FLAG...]");
                return Usage;
        }
    }
}
