using System.Numerics;
using CniPlugins.Cni;
using CniPlugins.Ipam.Dhcp.Packets;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Dhcp.Daemon;

/// <summary>What a server has granted, and until when by CLOCK_BOOTTIME (ns); kept as the server's own bytes.</summary>
internal sealed record LeaseTerms
{
    private const long Second = 1_000_000_000;
    private const uint Infinite = uint.MaxValue;
    private const uint DefaultSeconds = 3600;

    /// <summary>The address and the mask of its network.</summary>
    public required Cidr Address { get; init; }

    public required IpAddress Server { get; init; }

    /// <summary>The hardware address by which the server is reached: its own, or its relay's.</summary>
    public required byte[] NextHop { get; init; }

    /// <summary>When it was asked for, from which all times count (RFC 2131 section 4.4.1).</summary>
    public required long Granted { get; init; }

    /// <summary>DHCPACK.</summary>
    public required byte[] Ack { get; init; }

    /// <summary>T1, T2 and the end; never is <see cref="long.MaxValue"/>.</summary>
    public long RenewAt { get; private init; } = long.MaxValue;

    public long RebindAt { get; private init; } = long.MaxValue;

    public long ExpiresAt { get; private init; } = long.MaxValue;

    /// <summary>The terms of a DHCPACK, of which a later one may leave the mask out; throws in upstream's words.</summary>
    public static LeaseTerms Read(byte[] ack, long granted, byte[] nextHop, Cidr? former = null)
    {
        var message = DhcpMessage.Read(ack) ?? throw new CniException("malformed DHCPACK");
        var options = message.Options;
        var address = message.YourAddress;
        var terms = new LeaseTerms
        {
            Address = new Cidr(address, PrefixOf(options) ?? (former is { } same && same.Address == address ? same.PrefixLength : (int?)null)
                ?? throw new CniException("DHCP option Subnet Mask not found in DHCPACK")),
            Server = options.Address(OptionCode.ServerIdentifier) ?? throw new CniException("DHCP option Server Identifier not found in DHCPACK"),
            NextHop = nextHop,
            Granted = granted,
            Ack = ack,
        };
        var lease = options.UInt32(OptionCode.LeaseTime) ?? DefaultSeconds;
        if (lease == Infinite)
            return terms;

        // A server's own times count where they make sense; else the half and seven eighths (RFC 2131 section 4.4.5).
        var whole = Math.Max(lease, 1) * Second;
        var rebind = options.UInt32(OptionCode.RebindingTime) is { } t2 and > 0 && t2 < lease ? t2 * Second : whole / 8 * 7;
        var renew = options.UInt32(OptionCode.RenewalTime) is { } t1 and > 0 && t1 * Second <= rebind ? t1 * Second : Math.Min(whole / 2, rebind);
        return terms with { RenewAt = granted + renew, RebindAt = granted + rebind, ExpiresAt = granted + whole };
    }

    /// <summary>The terms as a plugin's result.</summary>
    public CniResult ToResult(int priority)
    {
        var options = DhcpMessage.Read(Ack)!.Options;
        return new CniResult
        {
            Ips = [new IpConfig(Address, options.Address(OptionCode.Routers))],
            Routes = [.. DhcpRoutes.Of(options).Select(route => route with { Priority = priority })],
        };
    }

    /// <summary>The first router, by which the default route goes where no classless routes say otherwise.</summary>
    public IpAddress? Router => DhcpMessage.Read(Ack)!.Options.Address(OptionCode.Routers);

    private static int? PrefixOf(DhcpOptions options) =>
        options.UInt32(OptionCode.SubnetMask) is { } mask && BitOperations.LeadingZeroCount(~mask) == BitOperations.PopCount(mask)
            ? BitOperations.PopCount(mask)
            : null;
}
