using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

internal sealed partial class Link
{
    /// <summary>ip addr add ADDRESS broadcast + dev NAME [nodad] [noprefixroute] [scope …]; EEXIST when the link has it.</summary>
    public void AddAddress(Cidr address, AddressFlags flags = AddressFlags.None, byte scope = 0) =>
        _socket.Batch().AddAddress(this, address, flags, scope: scope).Commit();

    /// <summary>ip addr del ADDRESS dev NAME; false when the link does not have it.</summary>
    public bool DeleteAddress(Cidr address)
    {
        var message = AddressRequest(stackalloc byte[RouteSocket.RequestSize], RTM.DELADDR, 0, address);
        try
        {
            _socket.Netlink.Execute(message, $"delete address {address} from {Name}");
            return true;
        }
        catch (NetlinkException e) when (e.Errno is Errno.EADDRNOTAVAIL or Errno.ENODEV)
        {
            return false;
        }
    }

    /// <summary>ip addr show dev NAME, of both families.</summary>
    public IReadOnlyList<AddressInfo> Addresses() => [.. Addresses(IpFamily.V4), .. Addresses(IpFamily.V6)];

    /// <summary>ip -4 addr show dev NAME, or ip -6.</summary>
    public IReadOnlyList<AddressInfo> Addresses(IpFamily family)
    {
        var message = NetlinkMessage.Create(
            stackalloc byte[RouteSocket.RequestSize], RTM.GETADDR, 0, new ifaddrmsg { ifa_family = (byte)family, ifa_index = Index });
        try
        {
            // Only a kernel with strict checking filters by the index, and one without IPv6 answers for every family: filter once more.
            return _socket.Netlink.Dump<AddressInfo>(message, $"list addresses of {Name}", (reply, addresses) =>
            {
                if (AddressInfo.Read(reply) is { } address && address.LinkIndex == Index && address.Address.Address.Family() == family)
                    addresses.Add(address);
            });
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENODEV)
        {
            return []; // A link that is gone has no addresses.
        }
    }

    /// <summary>The request to add (RTM_NEWADDR) or delete (RTM_DELADDR) an address.</summary>
    internal NetlinkMessage AddressRequest(Span<byte> buffer, RTM type, NLM_F request, Cidr address, AddressFlags flags = AddressFlags.None, byte scope = 0)
    {
        var ip = address.Address;
        var message = NetlinkMessage.Create(
            buffer, type, request, new ifaddrmsg { ifa_family = (byte)ip.Family(), ifa_prefixlen = (byte)address.PrefixLength, ifa_scope = scope, ifa_index = Index });
        var attributes = message.Attributes<IFA>();
        attributes.Put(IFA.LOCAL, ip);
        attributes.Put(IFA.ADDRESS, ip);
        if (type != RTM.NEWADDR)
            return message;

        // A /31 has no broadcast address (RFC 3021), a /32 nobody to hear it.
        if (!ip.IsV6 && address.PrefixLength < 31)
            attributes.Put(IFA.BROADCAST, address.Last);
        if (flags != AddressFlags.None)
            attributes.Put(IFA.FLAGS, (uint)flags);
        return message;
    }
}
