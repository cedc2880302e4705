using CniPlugins.Linux;

namespace CniPlugins.Calico.Install;

/// <summary>What <c>install</c> is told by its environment: the variables of Calico's own init container, with their defaults.</summary>
internal sealed class InstallSettings(IReadOnlyDictionary<string, string> environment)
{
    /// <summary>CNI_NET_DIR: where the host has its configurations; only written into files.</summary>
    public string NetDirectory { get; } = NonEmpty(environment, "CNI_NET_DIR", "/etc/cni/net.d");

    /// <summary>CNI_CONF_NAME.</summary>
    public string ConfName { get; } = Name(environment, "CNI_CONF_NAME");

    /// <summary>CNI_OLD_CONF_NAME: removed when it is another.</summary>
    public string OldConfName { get; } = Name(environment, "CNI_OLD_CONF_NAME");

    /// <summary>TLS_ASSETS_DIR: etcd's certificates, for the node.</summary>
    public string TlsDirectory { get; } = NonEmpty(environment, "TLS_ASSETS_DIR", "/calico-secrets");

    /// <summary>SKIP_CNI_BINARIES, separated by commas.</summary>
    public IReadOnlyList<string> Skipped { get; } = [.. environment.GetValueOrDefault("SKIP_CNI_BINARIES", "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    /// <summary>UPDATE_CNI_BINARIES: whether what is there is replaced.</summary>
    public bool Updates { get; } = Boolean(environment, "UPDATE_CNI_BINARIES");

    /// <summary>SLEEP: stay, and renew the token.</summary>
    public bool Stays { get; } = Boolean(environment, "SLEEP");

    /// <summary>KUBERNETES_NODE_NAME, or this machine's name.</summary>
    public string NodeName { get; } = NonEmpty(environment, "KUBERNETES_NODE_NAME", (Sysctl.Read("kernel/hostname") ?? "").Trim().ToLowerInvariant());

    /// <summary>CALICO_CNI_SERVICE_ACCOUNT: whose token the plugins use.</summary>
    public string ServiceAccount { get; } = NonEmpty(environment, "CALICO_CNI_SERVICE_ACCOUNT", "calico-cni-plugin");

    /// <summary>KUBERNETES_SERVICE_HOST and the like, by name.</summary>
    public string Variable(string name, string otherwise = "") => environment.GetValueOrDefault(name, otherwise);

    /// <summary>SKIP_TLS_VERIFY: in exactly this word.</summary>
    public bool SkipsVerification => Variable("SKIP_TLS_VERIFY") == "true";

    /// <summary>CNI_TOKEN_REFRESH_INTERVAL in Go's form (90m, 1h30m); null leaves it to the token's life.</summary>
    public TimeSpan? RefreshInterval => Variable("CNI_TOKEN_REFRESH_INTERVAL") is { Length: > 0 } text ? GoDuration.Parse(text) ?? throw new InstallException($"CNI_TOKEN_REFRESH_INTERVAL is \"{text}\", not a duration such as 90m") : null;

    /// <summary>All variables.</summary>
    public IReadOnlyDictionary<string, string> Environment => environment;

    private static string NonEmpty(IReadOnlyDictionary<string, string> environment, string name, string otherwise) =>
        environment.GetValueOrDefault(name, "") is { Length: > 0 } text ? text : otherwise;

    /// <summary>A file's name and nothing else.</summary>
    private static string Name(IReadOnlyDictionary<string, string> environment, string variable)
    {
        var name = environment.GetValueOrDefault(variable, "10-calico.conflist");
        return name.Length > 0 && name is not ("." or "..") && !name.Contains('/', StringComparison.Ordinal) ? name : throw new InstallException($"{variable} is \"{name}\", not the name of a file");
    }

    /// <summary>Go's words (strconv.ParseBool); absent and empty are true.</summary>
    private static bool Boolean(IReadOnlyDictionary<string, string> environment, string name) => environment.GetValueOrDefault(name, "") switch
    {
        "" or "1" or "t" or "T" or "TRUE" or "true" or "True" => true,
        "0" or "f" or "F" or "FALSE" or "false" or "False" => false,
        var text => throw new InstallException($"{name} is \"{text}\", not true or false"),
    };
}
