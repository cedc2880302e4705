using CniPlugins.Conntrack.Uapi;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;

namespace CniPlugins.Conntrack;

/// <summary>A connection as its first packet had it, before anything was rewritten: <c>udp src=… dst=… sport=… dport=…</c>.</summary>
internal sealed record Flow(byte Protocol, IpAddress Source, ushort SourcePort, IpAddress Destination, ushort DestinationPort)
{
    /// <summary>Which one of those that look the same; null where the kernel does not say.</summary>
    internal uint? Id { get; init; }

    /// <summary>The zone it is tracked in.</summary>
    internal ushort Zone { get; init; }

    public override string ToString() => $"flow {Protocol} {Source}:{SourcePort} to {Destination}:{DestinationPort}";

    /// <summary>A connection of the kernel's; null for one of a protocol without ports, or of another family.</summary>
    internal static Flow? Read(NetlinkReply reply)
    {
        Flow? flow = null;
        uint? id = null;
        ushort zone = 0;
        foreach (var attribute in reply.Attributes<CTA, nfgenmsg>())
        {
            switch (attribute.Type)
            {
                case CTA.TUPLE_ORIG:
                    flow = Read(attribute.Nested<CTA_TUPLE>(), ref zone);
                    break;
                case CTA.ID:
                    id = attribute.UInt32Net;
                    break;
                case CTA.ZONE:
                    zone = attribute.UInt16Net;
                    break;
            }
        }

        return flow is null ? null : flow with { Id = id, Zone = zone };
    }

    /// <summary>What names it to the kernel.</summary>
    internal void Write(Attributes<CTA> message)
    {
        using (var tuple = message.Nest<CTA_TUPLE>(CTA.TUPLE_ORIG))
        {
            using (var ip = tuple.Nest<CTA_IP>(CTA_TUPLE.IP))
            {
                Source.CopyTo(ip.Reserve(Source.IsV6 ? CTA_IP.V6_SRC : CTA_IP.V4_SRC, Source.Size));
                Destination.CopyTo(ip.Reserve(Destination.IsV6 ? CTA_IP.V6_DST : CTA_IP.V4_DST, Destination.Size));
            }

            using var proto = tuple.Nest<CTA_PROTO>(CTA_TUPLE.PROTO);
            proto.Put(CTA_PROTO.NUM, Protocol);
            proto.PutNet(CTA_PROTO.SRC_PORT, SourcePort);
            proto.PutNet(CTA_PROTO.DST_PORT, DestinationPort);
        }

        if (Id is { } id)
            message.PutNet(CTA.ID, id);
        if (Zone != 0)
            message.PutNet(CTA.ZONE, Zone);
    }

    private static Flow? Read(AttributeReader<CTA_TUPLE> tuple, ref ushort zone)
    {
        IpAddress? source = null, destination = null;
        byte protocol = 0;
        ushort? sourcePort = null, destinationPort = null;
        foreach (var part in tuple)
        {
            switch (part.Type)
            {
                case CTA_TUPLE.IP:
                    foreach (var address in part.Nested<CTA_IP>())
                    {
                        if (address.Type is CTA_IP.V4_SRC or CTA_IP.V6_SRC)
                            source = AddressOf(address);
                        else if (address.Type is CTA_IP.V4_DST or CTA_IP.V6_DST)
                            destination = AddressOf(address);
                    }

                    break;
                case CTA_TUPLE.PROTO:
                    foreach (var port in part.Nested<CTA_PROTO>())
                    {
                        if (port.Type == CTA_PROTO.NUM)
                            protocol = port.Byte;
                        else if (port.Type == CTA_PROTO.SRC_PORT)
                            sourcePort = port.UInt16Net;
                        else if (port.Type == CTA_PROTO.DST_PORT)
                            destinationPort = port.UInt16Net;
                    }

                    break;
                case CTA_TUPLE.ZONE:
                    zone = part.UInt16Net;
                    break;
            }
        }

        return source is { } from && destination is { } to && sourcePort is { } fromPort && destinationPort is { } toPort
            ? new Flow(protocol, from, fromPort, to, toPort)
            : null;
    }

    private static IpAddress AddressOf(NetlinkAttribute<CTA_IP> attribute) =>
        IpAddress.FromBytes(attribute.Exactly(attribute.Type is CTA_IP.V4_SRC or CTA_IP.V4_DST ? 4 : 16));
}
