using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

internal sealed partial class Link
{
    /// <summary>Whether this bridge tells VLANs apart; null when it is no bridge.</summary>
    public bool? VlanFiltering { get; private set; }

    /// <summary>How its bridge treats it; null when it is no port of one.</summary>
    public BridgePort? Port { get; private set; }

    /// <summary>ip link set dev NAME type bridge vlan_filtering 1.</summary>
    public void FilterVlans() => Change(0, 0, $"set vlan_filtering on {Name}", static (link, _) =>
    {
        using var info = link.Nest<IFLA_INFO>(IFLA.LINKINFO);
        info.Put(IFLA_INFO.KIND, "bridge");
        using var bridge = info.Nest<IFLA_BR>(IFLA_INFO.DATA);
        bridge.Put(IFLA_BR.VLAN_FILTERING, (byte)1);
    }, 0);

    /// <summary>bridge vlan show dev NAME; in ascending order, ranges spelt out.</summary>
    public IReadOnlyList<PortVlan> Vlans()
    {
        // AF_BRIDGE dumps cannot be filtered by link, so the ranges of all ports come over compressed and ours is picked here.
        var message = NetlinkMessage.Create(
            stackalloc byte[RouteSocket.RequestSize], RTM.GETLINK, 0, new ifinfomsg { ifi_family = (byte)AF.BRIDGE });
        message.Attributes<IFLA>().Put(IFLA.EXT_MASK, (uint)RTEXT_FILTER.BRVLAN_COMPRESSED);
        return _socket.Netlink.Dump<PortVlan>(message, $"list VLANs of {Name}", (reply, vlans) =>
        {
            if (reply.Header<ifinfomsg>().ifi_index == Index)
                PortVlan.Read(reply.Attributes<IFLA, ifinfomsg>(), vlans);
        });
    }

    internal NetlinkMessage VlanRequest(Span<byte> buffer, RTM type, PortVlan vlan)
    {
        var message = NetlinkMessage.Create(buffer, type, 0, new ifinfomsg { ifi_family = (byte)AF.BRIDGE, ifi_index = Index });
        using var port = message.Attributes<IFLA>().Nest<IFLA_BRIDGE>(IFLA.AF_SPEC);
        port.Put(IFLA_BRIDGE.FLAGS, (ushort)BRIDGE_FLAGS.MASTER);
        port.PutValue(IFLA_BRIDGE.VLAN_INFO, vlan.ToInfo());
        return message;
    }

    private static void PutPort(Attributes<IFLA> link, BridgePort port)
    {
        using var info = link.Nest<IFLA_INFO>(IFLA.LINKINFO);
        info.Put(IFLA_INFO.SLAVE_KIND, "bridge");
        using var data = info.Nest<IFLA_BRPORT>(IFLA_INFO.SLAVE_DATA);
        port.Write(data);
    }

    private void ReadBridge(AttributeReader<IFLA_BR> bridge)
    {
        foreach (var attribute in bridge)
        {
            if (attribute.Type == IFLA_BR.VLAN_FILTERING)
                VlanFiltering = attribute.Byte != 0;
        }
    }
}
