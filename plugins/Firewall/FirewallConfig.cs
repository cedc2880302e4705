using CniPlugins.Cni;

namespace CniPlugins.Firewall;

/// <summary>What a network's configuration says to the firewall plugin; names and defaults are the documentation's.</summary>
internal sealed record FirewallConfig
{
    /// <summary>backend: iptables, nftables or firewalld; anything else lets the plugin choose.</summary>
    public FirewallBackend Backend { get; init; }

    /// <summary>iptablesAdminChainName: the chain where an administrator's rules come before those of pods.</summary>
    public string AdminChain { get; init; } = "CNI-ADMIN";

    /// <summary>firewalldZone: the zone that the addresses of pods would be added to.</summary>
    public string FirewalldZone { get; init; } = "trusted";

    /// <summary>ingressPolicy: open, same-bridge or isolated.</summary>
    public IngressPolicy IngressPolicy { get; init; }

    /// <summary>Decodes and validates; DEL and GC must take away what an earlier configuration made, whatever this one says.</summary>
    public static FirewallConfig Read(Request request)
    {
        if (request is DelRequest or GcRequest)
            return new FirewallConfig();
        try
        {
            var root = request.Conf.Root;
            var config = new FirewallConfig
            {
                Backend = root.String("backend") switch
                {
                    "iptables" => FirewallBackend.Iptables,
                    "nftables" => FirewallBackend.Nftables,
                    "firewalld" => FirewallBackend.Firewalld,
                    _ => FirewallBackend.Auto,
                },
                IngressPolicy = ParsePolicy(root.String("ingressPolicy")),
            };
            if (root.String("iptablesAdminChainName") is { Length: > 0 } chain)
                config = config with { AdminChain = chain };
            if (root.String("firewalldZone") is { Length: > 0 } zone)
                config = config with { FirewalldZone = zone };
            return config;
        }
        catch (ConfigException e)
        {
            throw CniException.Because("failed to load netconf", e);
        }
    }

    /// <summary>Code 7 for what this plugin cannot do: it does not speak D-Bus.</summary>
    public void RefuseFirewalld()
    {
        if (Backend is FirewallBackend.Firewalld)
        {
            throw new CniException(
                CniErrorCode.InvalidNetworkConfig,
                "firewall: backend \"firewalld\" is not supported by this version",
                $"leave the backend out; {FirewalldHint}");
        }
    }

    /// <summary>What an administrator of a host with firewalld has to do once.</summary>
    public string FirewalldHint => $"let it admit the network: firewall-cmd --permanent --zone={FirewalldZone} --add-source=SUBNET";

    private static IngressPolicy ParsePolicy(string? text) => text switch
    {
        null or "" or "open" => IngressPolicy.Open,
        "same-bridge" => IngressPolicy.SameBridge,
        "isolated" => IngressPolicy.Isolated,
        _ => throw new CniException($"unknown ingress policy: \"{text}\"", "known are open, same-bridge and isolated"),
    };
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
