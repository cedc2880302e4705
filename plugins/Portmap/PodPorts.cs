using CniPlugins.Attachment;
using CniPlugins.Attachment.Tables;
using CniPlugins.Cni;
using CniPlugins.Net;

namespace CniPlugins.Portmap;

/// <summary>The host ports of one attachment, and where they lead: what every backend is told.</summary>
internal sealed record PodPorts(Owner Owner, PortmapConfig Config)
{
    /// <summary>CNI_NETNS; null when DEL was not told.</summary>
    public string? Netns { get; init; }

    /// <summary>The pod's first address of each family, with its prefix; none when DEL was not told.</summary>
    public IReadOnlyList<Cidr> Addresses { get; init; } = [];

    public static PodPorts Of(AttachmentRequest request, PortmapConfig config) => new(Owner.Of(request), config)
    {
        Netns = request switch { AddRequest add => add.Netns, CheckRequest check => check.Netns, DelRequest del => del.Netns, _ => null },
        Addresses = config.Previous is { } previous ? Choose(previous, request.IfName) : [],
    };

    /// <summary>The mappings that concern a family, in the order given.</summary>
    public IEnumerable<PortMapping> Mappings(bool isV6) => Config.PortMappings.Where(mapping => mapping.Serves(isV6));

    /// <summary>Whose clients are hidden behind the host when they come to the ports of this pod address: its own network, the host's loopback, or all.</summary>
    public IReadOnlyList<Cidr> HiddenClients(Cidr address) =>
        !Config.Snat ? []
        : Config.MasqAll ? [new Cidr(address.Address.WithValue(0), 0)]
        : address.Address.IsV6 ? [address.Network]
        : [address.Network, PortTable.Loopback];

    /// <summary>The first address of each family that is not said to be on another interface or outside the pod.</summary>
    private static List<Cidr> Choose(CniResult result, IfName ifName)
    {
        var usable = result.Ips.Where(ip => ip.Interface is not { } index || index < 0 || index >= result.Interfaces.Count
            || (result.Interfaces[index].Name == ifName.Value && result.Interfaces[index].Sandbox.Length > 0)).ToList();
        return [.. usable.Where(ip => !ip.Address.Address.IsV6).Take(1).Concat(usable.Where(ip => ip.Address.Address.IsV6).Take(1)).Select(ip => ip.Address)];
    }
}
