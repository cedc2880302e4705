using CniPlugins.Net;

namespace CniPlugins.Route;

/// <summary>Settings of a link that the kernel changes together, by one message; what is null stays as it is.</summary>
internal sealed record LinkChange
{
    /// <summary>ip link set dev NAME alias TEXT; an empty text takes the alias away.</summary>
    public string? Alias { get; init; }

    /// <summary>ip link set dev NAME mtu BYTES.</summary>
    public int? Mtu { get; init; }

    /// <summary>ip link set dev NAME address MAC.</summary>
    public MacAddress? Mac { get; init; }

    /// <summary>ip link set dev NAME master INDEX; 0 is nomaster.</summary>
    public int? MasterIndex { get; init; }

    /// <summary>bridge link set dev NAME hairpin … isolated ….</summary>
    public BridgePort? Port { get; init; }

    /// <summary>sysctl -w net.ipv4.conf.NAME.accept_redirects=….</summary>
    public bool? AcceptRedirects { get; init; }

    /// <summary>sysctl -w net.ipv4.conf.NAME.arp_notify=…: whether neighbours are told of its IPv4 addresses when it comes up.</summary>
    public bool? ArpNotify { get; init; }

    /// <summary>sysctl -w net.ipv4.conf.NAME.route_localnet=…: whether packets from and to 127.0.0.0/8 may pass it.</summary>
    public bool? RouteLocalnet { get; init; }

    /// <summary>sysctl -w net.ipv4.conf.NAME.proxy_arp=…: whether it answers for addresses that the host has a way to.</summary>
    public bool? ProxyArp { get; init; }

    /// <summary>sysctl -w net.ipv4.conf.NAME.forwarding=…: whether what comes in by it may go out by another.</summary>
    public bool? Forwards { get; init; }

    /// <summary>sysctl -w net.ipv4.conf.NAME.rp_filter=1: what comes in must come from where its answer would go to.</summary>
    public bool? FiltersSources { get; init; }
}
