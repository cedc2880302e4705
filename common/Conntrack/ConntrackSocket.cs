using CniPlugins.Conntrack.Uapi;
using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;

namespace CniPlugins.Conntrack;

/// <summary>The connections that one network namespace keeps track of.</summary>
internal sealed class ConntrackSocket(NetlinkSocket netlink) : IDisposable
{
    private const int RequestSize = 256;

    // Of the kernel's private net/netfilter/nf_internals.h: one bit for each part of a tuple in the order of CTA_IP_*, CTA_TUPLE_ZONE, CTA_PROTO_*.
    private const uint FilterByProtocol = 1 << 3;
    private const uint FilterByDestinationPort = 1 << 5;

    /// <summary>The namespace this process runs in.</summary>
    public static ConntrackSocket OpenHere() => new(new NetlinkSocket(NETLINK.NETFILTER));

    /// <summary>conntrack -L -f ipv4|ipv6 -p PROTOCOL --orig-port-dst PORT; none where the kernel keeps no track.</summary>
    /// <remarks>The table is the whole machine's, and walking it takes 10 ms even when this namespace has no entry: so that is asked first.</remarks>
    public IReadOnlyList<Flow> FlowsTo(bool isV6, byte protocol, ushort port)
    {
        if (IsEmpty())
            return [];
        var message = Create(stackalloc byte[RequestSize], IPCTNL.MSG_CT_GET, isV6);
        var attributes = message.Attributes<CTA>();

        // A kernel without filters (before 5.8) lists all of them: filter once more.
        using (var tuple = attributes.Nest<CTA_TUPLE>(CTA.TUPLE_ORIG))
        {
            using var proto = tuple.Nest<CTA_PROTO>(CTA_TUPLE.PROTO);
            proto.Put(CTA_PROTO.NUM, protocol);
            proto.PutNet(CTA_PROTO.DST_PORT, port);
        }

        using (var filter = attributes.Nest<CTA_FILTER>(CTA.FILTER))
            filter.Put(CTA_FILTER.ORIG_FLAGS, FilterByProtocol | FilterByDestinationPort);
        try
        {
            return netlink.Dump<Flow>(message, $"list flows to port {port}", (reply, flows) =>
            {
                if (Flow.Read(reply) is { } flow && flow.Protocol == protocol && flow.DestinationPort == port && flow.Destination.IsV6 == isV6)
                    flows.Add(flow);
            });
        }
        catch (NetlinkException e) when (e.Errno is Errno.EINVAL or Errno.EOPNOTSUPP)
        {
            return []; // nfnetlink knows no such subsystem: the module is not there, and nothing is tracked or can be listed
        }
    }

    /// <summary>conntrack -D …: forgets a connection; one that has ended meanwhile is no failure.</summary>
    public void Delete(Flow flow)
    {
        var message = Create(stackalloc byte[RequestSize], IPCTNL.MSG_CT_DELETE, flow.Destination.IsV6);
        flow.Write(message.Attributes<CTA>());
        try
        {
            netlink.Execute(message, $"delete {flow}");
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENOENT)
        {
            // Gone by itself.
        }
    }

    public void Dispose() => netlink.Dispose();

    /// <summary>conntrack -C is 0; a kernel that does not say so may have entries.</summary>
    private bool IsEmpty()
    {
        try
        {
            var message = Create(stackalloc byte[RequestSize], IPCTNL.MSG_CT_GET_STATS, isV6: false);
            return netlink.Find<uint[]>(message, "count connections", reply => [ReadCount(reply)], absent: Errno.ENOENT) is [0];
        }
        catch (NetlinkException e) when (e.Errno is Errno.EINVAL or Errno.EOPNOTSUPP)
        {
            return false;
        }
    }

    private static uint ReadCount(NetlinkReply reply)
    {
        foreach (var attribute in reply.Attributes<CTA_STATS_GLOBAL, nfgenmsg>())
        {
            if (attribute.Type == CTA_STATS_GLOBAL.ENTRIES)
                return attribute.UInt32Net;
        }

        return uint.MaxValue;
    }

    private static NetlinkMessage Create(Span<byte> buffer, IPCTNL type, bool isV6) =>
        NetlinkMessage.Create(buffer, (ushort)(((int)NFNL_SUBSYS.CTNETLINK << 8) | (ushort)type), 0, new nfgenmsg
        {
            nfgen_family = isV6 ? NFPROTO.IPV6 : NFPROTO.IPV4,
            version = NFNETLINK.V0,
        });
}
