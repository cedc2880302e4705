using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>ip link add NAME type veth peer name PEER [netns …]: this end here, the other where it is wanted, in one request.</summary>
/// <remarks>The peer is never born up: the kernel registers it first, and a veth without its other end cannot open (ENOTCONN).</remarks>
internal sealed record VethSpec(string Name, string PeerName) : LinkSpec(Name)
{
    public override string Kind => "veth";

    /// <summary>The namespace the peer is born in; null is this one.</summary>
    public Netns? PeerNetns { get; init; }

    public MacAddress? PeerMac { get; init; }

    public uint? PeerTxQueueLength { get; init; }

    private protected override void WriteData(Attributes<IFLA_INFO> info)
    {
        using var veth = info.Nest<VETH_INFO>(IFLA_INFO.DATA);
        using var peer = veth.Nest<IFLA, ifinfomsg>(VETH_INFO.PEER, default);
        WriteEnd(peer, PeerName, PeerMac, PeerTxQueueLength);
        if (PeerNetns is { } netns)
            peer.Put(IFLA.NET_NS_FD, (int)netns.Handle.DangerousGetHandle());
    }
}
