using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>A link to create: one record per kind with the knobs of that kind; what is null is left to the kernel.</summary>
internal abstract record LinkSpec
{
    private protected LinkSpec(string name) => Name = name;

    public string Name { get; }

    /// <summary>The kernel's word after <c>type</c>.</summary>
    public abstract string Kind { get; }

    public int? Mtu { get; init; }

    public MacAddress? Mac { get; init; }

    public uint? TxQueueLength { get; init; }

    /// <summary>How many queues each end has, in either direction: numtxqueues, numrxqueues. The kernel's own choice for a veth is one per processor.</summary>
    public uint? Queues { get; init; }

    /// <summary>The bridge (or other upper device) it is a port of from the start.</summary>
    public int? MasterIndex { get; init; }

    /// <summary>The device it stands on (<c>link</c> LOWER), in the namespace of the socket that asks.</summary>
    public int? LowerIndex { get; init; }

    /// <summary>The namespace it is born in; null is that of the socket that asks.</summary>
    public Netns? Netns { get; init; }

    /// <summary>The number it is to have; 0 leaves that to the kernel.</summary>
    public int Index { get; init; }

    /// <summary>Whether it is up from the start.</summary>
    public bool Up { get; init; }

    /// <summary>
    /// The whole request: ip link add [link LOWER] NAME [index …] [mtu …] [address …] [txqueuelen …] [master …] [netns …] [up] type KIND …
    /// </summary>
    internal NetlinkMessage Write(Span<byte> buffer)
    {
        var up = Up ? IFF.UP : 0;
        var message = NetlinkMessage.Create(
            buffer, RTM.NEWLINK, NLM_F.CREATE | NLM_F.EXCL, new ifinfomsg { ifi_index = Index, ifi_flags = up, ifi_change = up });
        var link = message.Attributes<IFLA>();
        WriteEnd(link, Name, Mac, TxQueueLength);
        if (MasterIndex is { } master)
            link.Put(IFLA.MASTER, master);
        if (LowerIndex is { } lower)
            link.Put(IFLA.LINK, lower);
        if (Netns is { } netns)
            link.Put(IFLA.NET_NS_FD, (int)netns.Handle.DangerousGetHandle());
        using var info = link.Nest<IFLA_INFO>(IFLA.LINKINFO);
        info.Put(IFLA_INFO.KIND, Kind);
        WriteData(info);
        return message;
    }

    /// <summary>IFLA_INFO_DATA: what only this kind understands.</summary>
    private protected abstract void WriteData(Attributes<IFLA_INFO> info);

    /// <summary>What every device has, and so each end of a pair.</summary>
    private protected void WriteEnd(Attributes<IFLA> end, string name, MacAddress? mac, uint? txQueueLength)
    {
        end.Put(IFLA.IFNAME, name);
        if (Mtu is { } mtu)
            end.Put(IFLA.MTU, mtu);
        if (mac is { } address)
            end.Put(IFLA.ADDRESS, address);
        if (txQueueLength is { } length)
            end.Put(IFLA.TXQLEN, length);
        if (Queues is { } queues)
        {
            end.Put(IFLA.NUM_TX_QUEUES, queues);
            end.Put(IFLA.NUM_RX_QUEUES, queues);
        }
    }
}
