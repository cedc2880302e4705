using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>ip -6 monitor address: hears of every change of a namespace's IPv6 addresses since it was opened.</summary>
internal sealed class AddressMonitor : IDisposable
{
    private readonly KernelTransport _transport = new(NETLINK.ROUTE);
    private byte[] _datagram = new byte[4096];

    private AddressMonitor() => _transport.Join((int)RTNLGRP.IPV6_IFADDR);

    public static AddressMonitor OpenIn(Netns netns) => netns.Run(() => new AddressMonitor());

    /// <summary>Waits for the next change; false when the time is up. What it was is to be read again: news may be lost, states are not.</summary>
    public bool Wait(TimeSpan limit)
    {
        _transport.WaitAtMost(limit);
        return _transport.Receive(ref _datagram, out _) switch
        {
            Errno.None or Errno.ENOBUFS => true,
            Errno.EAGAIN => false,
            var errno => throw new NetlinkException(errno, "wait for a change of addresses"),
        };
    }

    public void Dispose() => _transport.Dispose();
}
