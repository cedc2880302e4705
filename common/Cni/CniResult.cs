using CniPlugins.Net;

namespace CniPlugins.Cni;

/// <summary>What ADD made, in the newest shape; older shapes exist only in <see cref="ResultReader"/> and <see cref="ResultWriter"/>.</summary>
internal sealed record CniResult
{
    public IReadOnlyList<Interface> Interfaces { get; init; } = [];
    public IReadOnlyList<IpConfig> Ips { get; init; } = [];
    public IReadOnlyList<RouteConfig> Routes { get; init; } = [];
    public Dns Dns { get; init; } = Dns.None;

    /// <summary>The addresses of an interface by its name; one that names no interface can only be the pod's.</summary>
    public IEnumerable<IpConfig> IpsOf(IfName ifName) => Ips.Where(ip =>
        ip.Interface is not { } index || (index >= 0 && index < Interfaces.Count && Interfaces[index].Name == ifName.Value));
}

/// <summary>An interface of a result; the sandbox is empty on the host, else CNI_NETNS as it was given.</summary>
internal sealed record Interface(string Name, string Mac = "", string Sandbox = "")
{
    public int Mtu { get; init; }
    public string SocketPath { get; init; } = "";
    public string PciId { get; init; } = "";
}

/// <summary>An address of a result, and which of its interfaces has it.</summary>
internal sealed record IpConfig(Cidr Address, IpAddress? Gateway = null, int? Interface = null);

/// <summary>A route of a result; 0 is absent for mtu, advmss and priority.</summary>
internal sealed record RouteConfig(Cidr Destination, IpAddress? Gateway = null)
{
    public int Mtu { get; init; }
    public int AdvMss { get; init; }
    public int Priority { get; init; }
    public int? Table { get; init; }
    public int? Scope { get; init; }
}

/// <summary>Name service settings of a result.</summary>
internal sealed record Dns
{
    public static Dns None { get; } = new();

    public IReadOnlyList<string> Nameservers { get; init; } = [];
    public string Domain { get; init; } = "";
    public IReadOnlyList<string> Search { get; init; } = [];
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>Whether it was written down at all: an empty list says that there shall be none.</summary>
    public bool IsSaid { get; init; }

    /// <summary>These settings, or others where nothing is said here.</summary>
    public Dns OrElse(Dns others) => IsSaid ? this : others;

    /// <summary>Whether any member says something.</summary>
    public bool IsEmpty => Nameservers.Count == 0 && Domain.Length == 0 && Search.Count == 0 && Options.Count == 0;
}
