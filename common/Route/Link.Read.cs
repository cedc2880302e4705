using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

internal sealed partial class Link
{
    /// <summary>A link out of RTM_NEWLINK.</summary>
    internal static Link Read(RouteSocket socket, NetlinkReply reply)
    {
        var header = reply.Header<ifinfomsg>();
        var link = new Link(socket) { Index = header.ifi_index, _flags = header.ifi_flags };
        foreach (var attribute in reply.Attributes<IFLA, ifinfomsg>())
            link.Read(attribute);
        return link;
    }

    private void Read(NetlinkAttribute<IFLA> attribute)
    {
        switch (attribute.Type)
        {
            case IFLA.IFNAME:
                Name = attribute.String;
                break;
            case IFLA.ADDRESS:
                Mac = attribute.Bytes.Length == MacAddress.Size ? MacAddress.FromBytes(attribute.Bytes) : null;
                break;
            case IFLA.MTU:
                Mtu = attribute.Int32;
                break;
            case IFLA.TXQLEN:
                TxQueueLength = attribute.UInt32;
                break;
            case IFLA.IFALIAS:
                Alias = attribute.String;
                break;
            case IFLA.PROMISCUITY:
                IsPromiscuous = attribute.UInt32 != 0;
                break;
            case IFLA.OPERSTATE:
                OperState = (OperState)attribute.Byte;
                break;
            case IFLA.MASTER:
                MasterIndex = attribute.Int32;
                break;
            case IFLA.LINK:
                PeerIndex = attribute.Int32;
                break;
            case IFLA.LINK_NETNSID:
                PeerNetnsId = attribute.Int32;
                break;
            case IFLA.AF_SPEC:
                ReadSettings(attribute.Nested<AF>());
                break;
            case IFLA.LINKINFO:
                ReadInfo(attribute.Nested<IFLA_INFO>());
                break;
        }
    }

    private void ReadInfo(AttributeReader<IFLA_INFO> info)
    {
        var portKind = "";
        foreach (var attribute in info)
        {
            // The kernel writes each kind before its data.
            switch (attribute.Type)
            {
                case IFLA_INFO.KIND:
                    Kind = attribute.String;
                    break;
                case IFLA_INFO.DATA when Kind == "bridge":
                    ReadBridge(attribute.Nested<IFLA_BR>());
                    break;
                case IFLA_INFO.DATA:
                    Data = LinkData.Read(Kind, attribute);
                    break;
                case IFLA_INFO.SLAVE_KIND:
                    portKind = attribute.String;
                    break;
                case IFLA_INFO.SLAVE_DATA when portKind == "bridge":
                    Port = BridgePort.Read(attribute.Nested<IFLA_BRPORT>());
                    break;
            }
        }
    }
}
