using CniPlugins.Ipam.Dhcp.Packets;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Dhcp.Daemon;

/// <summary>What a pod says to servers: who it is, what it provides and what it asks for (RFC 2131 section 4.4).</summary>
internal sealed record Client(byte[] Id, IReadOnlyDictionary<byte, byte[]> Provide, IReadOnlyList<byte> Request)
{
    /// <summary>DHCPDISCOVER, with the address that it would like to have again.</summary>
    public DhcpMessage Discover(DhcpMessage frame, IpAddress? wish)
    {
        var message = Fill(frame, DhcpMessageType.Discover);
        if (wish is { } address)
            message.Options.Set(OptionCode.RequestedAddress, address.ToBytes());
        return message;
    }

    /// <summary>DHCPREQUEST for what a server has offered.</summary>
    public DhcpMessage Take(DhcpMessage frame, IpAddress offered, IpAddress server)
    {
        var message = Fill(frame, DhcpMessageType.Request);
        message.Options.Set(OptionCode.RequestedAddress, offered.ToBytes()).Set(OptionCode.ServerIdentifier, server.ToBytes());
        return message;
    }

    /// <summary>DHCPREQUEST for more time with an address that is in use: to its server (renewing) or any (rebinding).</summary>
    public DhcpMessage Prolong(DhcpMessage frame, IpAddress held) => Fill(frame, DhcpMessageType.Request) with { ClientAddress = held };

    /// <summary>DHCPRELEASE, which no server answers.</summary>
    public DhcpMessage Release(DhcpMessage frame, IpAddress held, IpAddress server) => frame with
    {
        ClientAddress = held,
        Options = new DhcpOptions()
            .Set(OptionCode.MessageType, (byte)DhcpMessageType.Release)
            .Set(OptionCode.ServerIdentifier, server.ToBytes())
            .Set(OptionCode.ClientIdentifier, Provide.GetValueOrDefault(OptionCode.ClientIdentifier, Id)),
    };

    private DhcpMessage Fill(DhcpMessage frame, DhcpMessageType type)
    {
        var options = new DhcpOptions()
            .Set(OptionCode.MaximumMessageSize, Datagram.MaximumSize >> 8, Datagram.MaximumSize & 0xff)
            .Set(OptionCode.ParameterRequestList, [.. Request])
            .Set(OptionCode.ClientIdentifier, Id);
        foreach (var (code, value) in Provide)
            options.Set(code, value);
        return frame with { Options = options.Set(OptionCode.MessageType, (byte)type) };
    }
}
