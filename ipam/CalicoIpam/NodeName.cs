using System.Text;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Linux;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>What this machine is called in the datastore: its blocks and addresses are found under it.</summary>
internal static class NodeName
{
    /// <summary>
    /// <c>nodename</c>, else the content of <c>nodename_file</c>, else <c>hostname</c>, else the host's own name in lower case. A line break at the end of the
    /// file does not count (upstream: part of the name). Code 7 for a name that cannot be one.
    /// </summary>
    public static string Of(OptionReader options)
    {
        var (name, file, old) = Read(options);
        if (name.Length > 0)
            return Valid(name, "nodename");
        if (DiskFile.Read(file) is { Length: > 0 } content)
            return Valid(Encoding.UTF8.GetString(content).TrimEnd('\r', '\n'), file);
        return old.Length > 0 ? Valid(old, "hostname") : Valid((Sysctl.Read("kernel/hostname") ?? "").Trim().ToLowerInvariant(), "the host's name");
    }

    /// <summary>What the configuration says about it.</summary>
    public static (string Name, string File, string Hostname) Read(OptionReader options) => (
        options.Text("nodename", "This node's name in the datastore; when absent, what nodename_file says."),
        options.Text("nodename_file", "A file that holds this node's name.", "/var/lib/calico/nodename"),
        options.Text("hostname", "This node's name where neither nodename nor the file says it; when absent, the host's own in lower case."));

    /// <summary>The same for a survey, which does not look at the host.</summary>
    public static void Declare(OptionReader options)
    {
        var (name, _, hostname) = Read(options);
        if (name.Length > 0 && !IsValid(name))
            options.Refuse("nodename", $"\"{name}\" (nodename) cannot be the name of a node", "letters, digits, . _ and -, beginning with a letter or digit");
        else if (hostname.Length > 0 && !IsValid(hostname))
            options.Advise("hostname", "cannot be the name of a node");
    }

    /// <summary>Whether a text can be a node's name.</summary>
    private static bool IsValid(string name) => ContainerId.IsSafe(name);

    /// <summary>The name becomes part of keys and paths.</summary>
    private static string Valid(string name, string source) => IsValid(name) ? name : throw new CniException(
        CniErrorCode.InvalidNetworkConfig, $"\"{name}\" ({source}) cannot be the name of a node", "letters, digits, . _ and -, beginning with a letter or digit; set nodename");
}
