using System.Text;
using CniPlugins.Cni;
using CniPlugins.Linux;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>What this machine is called in the datastore: its blocks and addresses are found under it.</summary>
internal static class NodeName
{
    private const string DefaultFile = "/var/lib/calico/nodename";

    /// <summary>
    /// <c>nodename</c>, else the content of <c>nodename_file</c>, else <c>hostname</c>, else the host's own name in lower case. A line break at the end of the
    /// file does not count (upstream: part of the name). Code 7 for a name that cannot be one.
    /// </summary>
    public static string Of(ConfigObject root)
    {
        if (root.String("nodename") is { Length: > 0 } name)
            return Valid(name, "nodename");
        var file = root.String("nodename_file") is { Length: > 0 } path ? path : DefaultFile;
        if (DiskFile.Read(file) is { Length: > 0 } content)
            return Valid(Encoding.UTF8.GetString(content).TrimEnd('\r', '\n'), file);
        return root.String("hostname") is { Length: > 0 } old ? Valid(old, "hostname")
            : Valid((Sysctl.Read("kernel/hostname") ?? "").Trim().ToLowerInvariant(), "the host's name");
    }

    /// <summary>The name becomes part of keys and paths.</summary>
    private static string Valid(string name, string source) => ContainerId.IsSafe(name) ? name : throw new CniException(
        CniErrorCode.InvalidNetworkConfig, $"\"{name}\" ({source}) cannot be the name of a node", "letters, digits, . _ and -, beginning with a letter or digit; set nodename");
}
