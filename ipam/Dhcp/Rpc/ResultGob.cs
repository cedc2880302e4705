using System.Numerics;
using CniPlugins.Cni;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Dhcp.Rpc;

/// <summary>A result as libcni's <c>types100.Result</c> is sent: what a DHCP daemon fills of it.</summary>
internal static class ResultGob
{
    // Types behind a pointer have no name on the wire.
    private static readonly GobType Link = GobType.Struct(
        66, "", ("Name", GobType.String), ("Mac", GobType.String), ("Mtu", GobType.Int), ("Sandbox", GobType.String),
        ("SocketPath", GobType.String), ("PciID", GobType.String));
    private static readonly GobType Links = GobType.Slice(67, "[]*types100.Interface", Link);
    private static readonly GobType Net = GobType.Struct(69, "IPNet", ("IP", GobType.Bytes), ("Mask", GobType.Bytes));
    private static readonly GobType Ip = GobType.Struct(
        68, "", ("Interface", GobType.Int), ("Address", Net), ("Gateway", GobType.Bytes));
    private static readonly GobType Ips = GobType.Slice(70, "[]*types100.IPConfig", Ip);
    private static readonly GobType Route = GobType.Struct(
        71, "", ("Dst", Net), ("GW", GobType.Bytes), ("MTU", GobType.Int), ("AdvMSS", GobType.Int), ("Priority", GobType.Int),
        ("Table", GobType.Int), ("Scope", GobType.Int));
    private static readonly GobType Routes = GobType.Slice(72, "[]*types.Route", Route);
    private static readonly GobType Texts = GobType.Slice(74, "[]string", GobType.String);
    private static readonly GobType Names = GobType.Struct(
        73, "DNS", ("Nameservers", Texts), ("Domain", GobType.String), ("Search", Texts), ("Options", Texts));
    private static readonly GobType Type = GobType.Struct(
        65, "Result", ("CNIVersion", GobType.String), ("Interfaces", Links), ("IPs", Ips), ("Routes", Routes), ("DNS", Names));

    public static void Write(GobWriter to, CniResult result) => to.Write(Type, body =>
    {
        body.Structs(2, result.Ips, (item, ip) =>
        {
            item.Struct(1, net => WriteNet(net, ip.Address));
            item.Bytes(2, BytesOf(ip.Gateway));
        });
        body.Structs(3, result.Routes, (item, route) =>
        {
            item.Struct(0, net => WriteNet(net, route.Destination));
            item.Bytes(1, BytesOf(route.Gateway));
            item.Int(4, route.Priority);
            item.Int(6, route.Scope ?? 0);
        });
        body.Struct(4, static _ => { });
    });

    public static CniResult Read(GobStruct value) => new()
    {
        Ips = [.. value.Structs("IPs").Select(ip => new IpConfig(ReadNet(ip, "Address"), ReadAddress(ip.Bytes("Gateway"))))],
        Routes =
        [
            .. value.Structs("Routes").Select(route => new RouteConfig(ReadNet(route, "Dst"), ReadAddress(route.Bytes("GW")))
            {
                Mtu = (int)route.Int("MTU"),
                AdvMss = (int)route.Int("AdvMSS"),
                Priority = (int)route.Int("Priority"),
                Table = route.FindInt("Table"),
                Scope = route.FindInt("Scope"),
            }),
        ],
        Dns = value.Find("DNS") is not { } names ? Dns.None : new Dns
        {
            Nameservers = names.Texts("Nameservers"),
            Domain = names.Text("Domain"),
            Search = names.Texts("Search"),
            Options = names.Texts("Options"),
        },
    };

    private static void WriteNet(GobBody to, Cidr value)
    {
        to.Bytes(0, value.Address.ToBytes());
        to.Bytes(1, value.Address.WithValue(value.Mask).ToBytes());
    }

    private static Cidr ReadNet(GobStruct holder, string name)
    {
        var net = holder.Find(name) ?? throw new GobException($"no {name}");
        var address = ReadAddress(net.Bytes("IP")) ?? throw new GobException($"no address in {name}");
        var mask = ReadAddress(net.Bytes("Mask")) ?? throw new GobException($"no mask in {name}");
        var prefix = new Cidr(address, (int)(UInt128.PopCount(mask.Value)));
        return prefix.Mask == mask.Value ? prefix : throw new GobException($"mask {mask} in {name}");
    }

    private static IpAddress? ReadAddress(byte[] bytes) => bytes.Length switch
    {
        0 => null,
        4 or 16 => IpAddress.FromBytes(bytes),
        _ => throw new GobException($"address of {bytes.Length} bytes"),
    };

    private static ReadOnlySpan<byte> BytesOf(IpAddress? address) => address is { } value ? value.ToBytes() : [];
}
