using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>What is special about an address; the first two are also wishes when it is added.</summary>
[Flags]
internal enum AddressFlags : uint
{
    None = 0,

    /// <summary>Usable at once, without asking the link whether somebody has it.</summary>
    NoDad = IFA_F.NODAD,

    /// <summary>Brings no route to its subnet.</summary>
    NoPrefixRoute = IFA_F.NOPREFIXROUTE,

    Secondary = IFA_F.SECONDARY,
    DadFailed = IFA_F.DADFAILED,
    Deprecated = IFA_F.DEPRECATED,
    Tentative = IFA_F.TENTATIVE,
    Permanent = IFA_F.PERMANENT,
}

/// <summary>An address as the kernel lists it.</summary>
/// <param name="Scope">0 global, 253 link, 254 host.</param>
internal sealed record AddressInfo(int LinkIndex, Cidr Address, byte Scope, AddressFlags Flags)
{
    public bool IsTentative => Flags.HasFlag(AddressFlags.Tentative);

    public bool IsDadFailed => Flags.HasFlag(AddressFlags.DadFailed);

    /// <summary>An address out of RTM_NEWADDR; null for what is no IP address, and for an IPv4-mapped one, which we have no value for.</summary>
    internal static AddressInfo? Read(NetlinkReply reply)
    {
        var header = reply.Header<ifaddrmsg>();
        if (header.ifa_family is not ((byte)AF.INET or (byte)AF.INET6))
            return null;

        IpAddress? local = null, address = null;
        var flags = (AddressFlags)header.ifa_flags;
        foreach (var attribute in reply.Attributes<IFA, ifaddrmsg>())
        {
            switch (attribute.Type)
            {
                case IFA.LOCAL:
                    local = attribute.ReadAddress();
                    break;
                case IFA.ADDRESS:
                    address = attribute.ReadAddress();
                    break;
                case IFA.FLAGS:
                    flags = (AddressFlags)attribute.UInt32;
                    break;
            }
        }

        // IFA_ADDRESS is the other side's on a point-to-point link; IPv6 sends IFA_LOCAL only there.
        return (local ?? address) is { } own && (byte)own.Family() == header.ifa_family
            ? new AddressInfo(header.ifa_index, new Cidr(own, header.ifa_prefixlen), header.ifa_scope, flags)
            : null;
    }
}
