using System.Runtime.Versioning;
using System.Text;
using CniPlugins.Calico.Install;
using CniPlugins.Cni;
using CniPlugins.Ipam.CalicoIpam;
using CniPlugins.Linux;
using CniPlugins.Net;

namespace CniPlugins.Calico;

/// <summary>The second executable: the plugins that talk to a cluster's datastore, by HTTP and TLS.</summary>
[SupportedOSPlatform("linux")]
internal static class Program
{
    private const string HostLocalNetwork = "/var/lib/cni/networks/k8s-pod-network";

    private static string[] Names => ["calico", "calico-ipam"];

    public static int Main(string[] args)
    {
        if (Path.GetFileName(Environment.GetCommandLineArgs()[0]) == "install" || args is ["install"] or ["component", "cni", "install"])
            return Installer.Run(CniEnvironment.Current.Variables);
        using var stores = new OpenDatastores();
        return new Executable("cni-calico", Names, name => Find(name, stores)).Run(args, Answer);
    }

    private static Plugin? Find(string name, OpenDatastores stores) => name switch
    {
        "calico" => new CalicoPlugin(stores),
        "calico-ipam" => new CalicoIpamPlugin(stores),
        _ => null,
    };

    /// <summary>Calico's own options: -v; -t, which asks the datastore of the configuration on standard input; -upgrade, of stock manifests' init containers.</summary>
    private static int? Answer(string[] options, Stream stderr)
    {
        switch (options)
        {
            case ["-v"]:
                Print(Encoding.UTF8.GetBytes(BuildVersion.Text + "\n"));
                return 0;
            case ["-t"]:
                return Test();
            case ["-upgrade", ..]:
                return Upgrade(stderr);
            default:
                return null;
        }
    }

    private static int Test()
    {
        using var stdin = DescriptorStream.StandardInput();
        using var configuration = new MemoryStream();
        stdin.CopyTo(configuration);
        try
        {
            DatastoreTest.Run(configuration.ToArray());
            return 0;
        }
        catch (CniException e)
        {
            Print(PluginHost.ErrorDocument(e));
            return 1;
        }
    }

    private static void Print(byte[] text)
    {
        using var stdout = DescriptorStream.StandardOutput();
        stdout.Write(text);
    }

    /// <summary>A node that never had host-local's addresses has nothing to upgrade, which is every node by now.</summary>
    private static int Upgrade(Stream stderr)
    {
        if (DiskFile.Names(HostLocalNetwork).Any(name => IpAddress.TryParse(name, out _)))
        {
            stderr.Write(Encoding.UTF8.GetBytes($"cni-calico: -upgrade: pods of this node have host-local's addresses ({HostLocalNetwork}): drain the node first\n"));
            return 1;
        }

        return 0;
    }
}
