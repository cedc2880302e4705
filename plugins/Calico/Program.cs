using System.Text;
using CniPlugins.Cni;
using CniPlugins.Ipam.CalicoIpam;
using CniPlugins.Linux;

namespace CniPlugins.Calico;

/// <summary>The second executable: the plugins that talk to a cluster's datastore, by HTTP and TLS.</summary>
internal static class Program
{
    private const string Version = "v0.1.0";

    private static string[] Names => ["calico-ipam"];

    private static Plugin? Find(string name) => name switch
    {
        "calico-ipam" => new CalicoIpamPlugin(),
        _ => null,
    };

    public static int Main(string[] args) => new Executable(Names, Find, Version).Run(args, Answer);

    /// <summary>Calico's own options: -v, and -upgrade, which moves host-local's addresses of a Kubernetes node.</summary>
    private static int? Answer(string[] options, Stream stderr)
    {
        switch (options)
        {
            case ["-v"]:
                using (var stdout = DescriptorStream.StandardOutput())
                    stdout.Write(Encoding.UTF8.GetBytes(Version + "\n"));
                return 0;
            case ["-upgrade", ..]:
                stderr.Write("cni-calico: -upgrade needs the Kubernetes datastore, which is not supported yet\n"u8);
                return 1;
            default:
                return null;
        }
    }
}
