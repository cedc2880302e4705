using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Net;

namespace CniPlugins.Sbr;

/// <summary>What a network's configuration says to the sbr plugin.</summary>
internal sealed class SbrConfig
{
    public SbrConfig(OptionReader options)
    {
        var table = options.LongOrNull("table", "The table of all addresses, filled by IPAM's routes; only rules are made, and the other options have no effect.", since: "1.6.0") ?? 0;
        var texts = options.Texts("gateways", "The default routes' gateways, one of each family at most; when absent, IPAM's.", since: "1.8.0");
        AddSourceHints = options.Flag("addSourceHints", "The main table keeps the ways to the addresses' subnets, with the addresses as sources.", since: "1.8.0");
        if (table is < 0 or > uint.MaxValue)
            options.Refuse("table", $"invalid table {table}", "a number from 0 to 4294967295");
        else if (table != 0)
            Table = (uint)table;
        Gateways = Table is null ? ReadGateways(options, texts) : [];
    }

    /// <summary>Null gives each address one of its own.</summary>
    public uint? Table { get; }

    public IReadOnlyList<IpAddress> Gateways { get; }

    public bool AddSourceHints { get; }

    /// <summary>An address's gateway: the one that is configured for its family, else IPAM's.</summary>
    public IpAddress? GatewayFor(IpConfig ip)
    {
        foreach (var gateway in Gateways)
        {
            if (gateway.IsV6 == ip.Address.Address.IsV6)
                return gateway;
        }

        return ip.Gateway;
    }

    private static List<IpAddress> ReadGateways(OptionReader options, IReadOnlyList<string> texts)
    {
        var gateways = new List<IpAddress>();
        if (texts.Count > 2)
            options.Refuse("gateways", "gateways list cannot contain more than 2 entries (one IPv4, one IPv6)");
        foreach (var text in texts)
        {
            if (!IpAddress.TryParse(text, out var gateway))
                options.Refuse("gateways", $"invalid static gateway IP address: {text}");
            else if (gateways.Exists(other => other.IsV6 == gateway.IsV6))
                options.Refuse("gateways", $"gateways list contains multiple {(gateway.IsV6 ? "IPv6" : "IPv4")} addresses: {gateways.Find(other => other.IsV6 == gateway.IsV6)} and {gateway}");
            else
                gateways.Add(gateway);
        }

        return gateways;
    }
}
