using CniPlugins.Cni;
using CniPlugins.Cni.Options;

namespace CniPlugins.Firewall;

/// <summary>What a network's configuration says to the firewall plugin.</summary>
internal sealed class FirewallConfig(OptionReader options)
{
    private readonly string _backend = options.Text(
        "backend", "`nftables`, `iptables` or `firewalld`; any other word, or none, leaves the choice to the plugin.");

    public FirewallBackend Backend => _backend switch
    {
        "iptables" => FirewallBackend.Iptables,
        "nftables" => FirewallBackend.Nftables,
        "firewalld" => FirewallBackend.Firewalld,
        _ => FirewallBackend.Auto,
    };

    public string AdminChain { get; } = options.Text(
        "iptablesAdminChainName", "The chain of iptables where an administrator's rules come before those of pods.", "CNI-ADMIN");

    /// <summary>Whether that chain is named, and not just what is usual.</summary>
    public bool NamesAdminChain { get; } = options.Has("iptablesAdminChainName");

    public string FirewalldZone { get; } = options.Text(
        "firewalldZone", "The zone of firewalld that the addresses of pods are put into.", "trusted", since: "1.0.0");

    public IngressPolicy IngressPolicy { get; } = ReadPolicy(options);

    /// <summary>Decodes and validates.</summary>
    public static FirewallConfig Read(OptionReader options)
    {
        var config = new FirewallConfig(options);
        if (options.IsSurvey && config.Backend is FirewallBackend.Auto && config._backend.Length > 0)
        {
            options.Advise("backend", $"unknown backend \"{config._backend}\": one is chosen automatically");
        }

        return config;
    }

    private static IngressPolicy ReadPolicy(OptionReader options)
    {
        var text = options.Text(
            "ingressPolicy", "Who may send to the pods of a bridge: `open`, `same-bridge` or `isolated` (the world outside only).", "open", since: "1.1.0");
        var policy = text switch
        {
            "open" => IngressPolicy.Open,
            "same-bridge" => IngressPolicy.SameBridge,
            "isolated" => IngressPolicy.Isolated,
            _ => (IngressPolicy?)null,
        };
        if (policy is null)
            options.Refuse("ingressPolicy", $"unknown ingress policy: \"{text}\"", "known are open, same-bridge and isolated");
        return policy ?? IngressPolicy.Open;
    }
}

/// <summary>Where the rules go.</summary>
internal enum FirewallBackend
{
    Auto,
    Nftables,
    Iptables,
    Firewalld,
}

/// <summary>Who may send to the pods of a bridge.</summary>
internal enum IngressPolicy
{
    /// <summary>Everybody.</summary>
    Open,

    /// <summary>Pods of this bridge and the world outside, but no bridge that has a policy itself.</summary>
    SameBridge,

    /// <summary>The world outside only.</summary>
    Isolated,
}
