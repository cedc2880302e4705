using CniPlugins.Cni;
using CniPlugins.Ipam.CalicoIpam;

namespace CniPlugins.Calico;

/// <summary>The second executable: the plugins that talk to a cluster's datastore, by HTTP and TLS.</summary>
internal static class Program
{
    private static string[] Names => ["calico-ipam"];

    private static Plugin? Find(string name) => name switch
    {
        "calico-ipam" => new CalicoIpamPlugin(),
        _ => null,
    };

    public static int Main(string[] args) => new Executable(Names, Find, "v0.1.0").Run(args);
}
