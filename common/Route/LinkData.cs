using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>What only links of a kind have (ip -d link): one record per kind that is looked at.</summary>
internal abstract record LinkData
{
    /// <summary>IFLA_INFO_DATA of a link of this kind; null of one that is not looked at.</summary>
    internal static LinkData? Read(string kind, NetlinkAttribute<IFLA_INFO> data) => kind switch
    {
        MacvlanSpec.KindName => ReadMacvlan(data.Nested<IFLA_MACVLAN>()),
        IpvlanSpec.KindName => ReadIpvlan(data.Nested<IFLA_IPVLAN>()),
        VlanSpec.KindName => ReadVlan(data.Nested<IFLA_VLAN>()),
        VrfSpec.KindName => ReadVrf(data.Nested<IFLA_VRF>()),
        TunData.KindName => ReadTun(data.Nested<IFLA_TUN>()),
        _ => null,
    };

    private static MacvlanData ReadMacvlan(AttributeReader<IFLA_MACVLAN> data)
    {
        var macvlan = new MacvlanData(default, 0);
        foreach (var attribute in data)
        {
            macvlan = attribute.Type switch
            {
                IFLA_MACVLAN.MODE => macvlan with { Mode = (MacvlanMode)attribute.UInt32 },
                IFLA_MACVLAN.BC_QUEUE_LEN => macvlan with { BroadcastQueueLength = attribute.UInt32 },
                _ => macvlan,
            };
        }

        return macvlan;
    }

    private static IpvlanData ReadIpvlan(AttributeReader<IFLA_IPVLAN> data)
    {
        var ipvlan = new IpvlanData(default);
        foreach (var attribute in data)
        {
            if (attribute.Type == IFLA_IPVLAN.MODE)
                ipvlan = new IpvlanData((IpvlanMode)attribute.UInt16);
        }

        return ipvlan;
    }

    private static VlanData ReadVlan(AttributeReader<IFLA_VLAN> data)
    {
        var vlan = new VlanData(0);
        foreach (var attribute in data)
        {
            if (attribute.Type == IFLA_VLAN.ID)
                vlan = new VlanData(attribute.UInt16);
        }

        return vlan;
    }

    private static VrfData ReadVrf(AttributeReader<IFLA_VRF> data)
    {
        var vrf = new VrfData(0);
        foreach (var attribute in data)
        {
            if (attribute.Type == IFLA_VRF.TABLE)
                vrf = new VrfData(attribute.UInt32);
        }

        return vrf;
    }

    private static TunData ReadTun(AttributeReader<IFLA_TUN> data)
    {
        var tun = new TunData();
        foreach (var attribute in data)
        {
            tun = attribute.Type switch
            {
                IFLA_TUN.OWNER => tun with { Owner = attribute.UInt32 },
                IFLA_TUN.GROUP => tun with { Group = attribute.UInt32 },
                IFLA_TUN.MULTI_QUEUE => tun with { MultiQueue = attribute.Byte != 0 },
                _ => tun,
            };
        }

        return tun;
    }
}

/// <param name="Mode">Whom it hears.</param>
/// <param name="BroadcastQueueLength">What was asked for; 0 from a kernel before 5.11, which has no such setting.</param>
internal sealed record MacvlanData(MacvlanMode Mode, uint BroadcastQueueLength) : LinkData;

/// <param name="Mode">At which layer its device tells addresses apart.</param>
internal sealed record IpvlanData(IpvlanMode Mode) : LinkData;

/// <param name="Id">The tag.</param>
internal sealed record VlanData(ushort Id) : LinkData;

/// <param name="Table">The routing table of its ports.</param>
internal sealed record VrfData(uint Table) : LinkData;

/// <summary>A tap, or a tun: a link whose other end is a program that has opened /dev/net/tun.</summary>
internal sealed record TunData : LinkData
{
    public const string KindName = "tun";

    /// <summary>Who may open it; null is anybody with CAP_NET_ADMIN.</summary>
    public uint? Owner { get; init; }

    public uint? Group { get; init; }

    /// <summary>Whether programs may open it more than once, a queue each.</summary>
    public bool MultiQueue { get; init; }
}
