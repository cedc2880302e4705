using System.Text;
using System.Text.RegularExpressions;
using CniPlugins.Cni;
using CniPlugins.Ipam.Dhcp.Rpc;
using CniPlugins.Net;

namespace CniPlugins.Tests.Unit;

/// <summary>What the dhcp plugin and its daemon say to each other is byte for byte what upstream's do, of whom these messages were recorded.</summary>
public sealed partial class DhcpRpcTests
{
    private const string Call = """
        2e 7f0301 01 07"Request" 01ff80 00 01 02 01 0d"ServiceMethod" 010c 00 01 03"Seq" 0106 00 00 00
        12 ff80 01 0d"DHCP.Allocate" 00
        6c ff810301 01 07"CmdArgs" 01ff82 00 01 07 01 0b"ContainerID" 010c 00 01 05"Netns" 010c 00 01 06"IfName" 010c 00
           01 04"Args" 010c 00 01 04"Path" 010c 00 01 0d"NetnsOverride" 010c 00 01 09"StdinData" 010a 00 00 00
        22 ff82 01 04"cid1" 01 07"/run/n1" 01 04"eth0" 02 04"/bin" 02 02"{}" 00
        """;

    private const string Answer = """
        39 7f0301 01 08"Response" 01ff80 00 01 03 01 0d"ServiceMethod" 010c 00 01 03"Seq" 0106 00 01 05"Error" 010c 00 00 00
        12 ff80 01 0d"DHCP.Allocate" 00
        51 ff810301 01 06"Result" 01ff82 00 01 05 01 0a"CNIVersion" 010c 00 01 0a"Interfaces" 01ff86 00 01 03"IPs" 01ff8c 00
           01 06"Routes" 01ff90 00 01 03"DNS" 01ff92 00 00 00
        24 ff850201 01 15"[]*types100.Interface" 01ff86 00 01ff84 00 00
        4a ff830301 02ff84 00 01 06 01 04"Name" 010c 00 01 03"Mac" 010c 00 01 03"Mtu" 0104 00 01 07"Sandbox" 010c 00
           01 0a"SocketPath" 010c 00 01 05"PciID" 010c 00 00 00
        23 ff8b0201 01 14"[]*types100.IPConfig" 01ff8c 00 01ff88 00 00
        33 ff870301 02ff88 00 01 03 01 09"Interface" 0104 00 01 07"Address" 01ff8a 00 01 07"Gateway" 010a 00 00 00
        23 ff890301 01 05"IPNet" 01ff8a 00 01 02 01 02"IP" 010a 00 01 04"Mask" 010a 00 00 00
        1d ff8f0201 01 0e"[]*types.Route" 01ff90 00 01ff8e 00 00
        50 ff8d0301 02ff8e 00 01 07 01 03"Dst" 01ff8a 00 01 02"GW" 010a 00 01 03"MTU" 0104 00 01 06"AdvMSS" 0104 00
           01 08"Priority" 0104 00 01 05"Table" 0104 00 01 05"Scope" 0104 00 00 00
        46 ff910301 01 03"DNS" 01ff92 00 01 04 01 0b"Nameservers" 01ff94 00 01 06"Domain" 010c 00 01 06"Search" 01ff94 00
           01 07"Options" 01ff94 00 00 00
        16 ff930201 01 08"[]string" 01ff94 00 010c 00 00
        4c ff82 03 01 02 0104 0a05004d 0104 ffffff00 00 0104 0a050001 00 01 02 01 0104 c0a80700 0104 ffffff00 00 0104 0a050009 0364 00
           01 0104 00000000 0104 00000000 00 0104 0a0500fe 0364 00 0100 00
        """;

    private const string Nothing = "0a ff950301 02ff96 00 00 00 03 ff96 00";

    private static readonly CniResult Leased = new()
    {
        Ips = [new IpConfig(Cidr.Parse("10.5.0.77/24"), IpAddress.Parse("10.5.0.1"))],
        Routes =
        [
            new RouteConfig(Cidr.Parse("192.168.7.0/24"), IpAddress.Parse("10.5.0.9")) { Priority = 50 },
            new RouteConfig(Cidr.Parse("0.0.0.0/0"), IpAddress.Parse("10.5.0.254")) { Priority = 50 },
        ],
    };

    [Fact]
    public void A_call_is_what_upstreams_plugin_sends()
    {
        var writer = new GobWriter();
        new CallHeader("DHCP.Allocate", 0).WriteRequest(writer);
        new CmdArgs("cid1", "/run/n1", "eth0", "", "/bin", "{}"u8.ToArray()).Write(writer);
        Assert.Equal(Convert.ToHexString(Bytes(Call)), Convert.ToHexString(writer.Take()));
    }

    [Fact]
    public void An_answer_is_what_upstreams_daemon_sends()
    {
        var writer = new GobWriter();
        new CallHeader("DHCP.Allocate", 0).WriteResponse(writer);
        ResultGob.Write(writer, Leased);
        CallHeader.WriteNothing(writer);
        Assert.Equal(Convert.ToHexString(Bytes(Answer + Nothing)), Convert.ToHexString(writer.Take()));
    }

    [Fact]
    public void A_type_is_described_once_in_a_stream()
    {
        var writer = new GobWriter();
        new CallHeader("DHCP.Release", 0).WriteResponse(writer);
        _ = writer.Take();
        new CallHeader("DHCP.Release", 1, "no").WriteResponse(writer);
        Assert.Equal(Convert.ToHexString(Bytes("""17 ff80 01 0c"DHCP.Release" 0101 01 02"no" 00""")), Convert.ToHexString(writer.Take()));
    }

    [Fact]
    public void What_upstream_sends_is_understood_in_pieces_of_any_size()
    {
        foreach (var size in (int[])[1, 2, 7, 4096])
        {
            var stream = new GobStream();
            var read = new List<GobStruct>();
            foreach (var piece in Bytes(Answer).Chunk(size))
            {
                piece.CopyTo(stream.Room);
                stream.Added(piece.Length);
                while (stream.Read() is { } value)
                    read.Add(value);
            }

            Assert.Equal(2, read.Count);
            Assert.Equal(new CallHeader("DHCP.Allocate", 0), CallHeader.Read(read[0]));
            var result = ResultGob.Read(read[1]);
            Assert.Equal(Leased.Ips, result.Ips);
            Assert.Equal(Leased.Routes, result.Routes);
        }
    }

    /// <summary>A field that nobody here knows, a map, and a type of its own encoding: a newer daemon may send them.</summary>
    [Fact]
    public void Fields_of_unknown_types_are_passed_over()
    {
        var reader = new GobReader();
        const string Types = """
            23 ff810301 01 01"N" 01ff82 00 01 03 01 01"M" 01ff84 00 01 01"G" 01ff86 00 01 01"T" 010c 00 00 00
            0e ff830401 02ff84 00 010c 0104 00 00
            0a ff850501 02ff86 00 00 00
            """;
        foreach (var message in Split(Bytes(Types)))
            Assert.Null(reader.Read(message));
        var value = reader.Read(Bytes("""12 ff82 01 02 01"a" 02 01"b" 04 01 01 ff 01 02"ok" 00"""));
        Assert.Equal("ok", value!.Text("T"));
    }

    [Fact]
    public void Spoilt_bytes_are_an_error_of_the_format_and_nothing_else()
    {
        var whole = Bytes(Answer);
        var random = new Random(7);
        for (var round = 0; round < 3000; round++)
        {
            var bytes = whole.ToArray();
            for (var i = 0; i < 1 + (round % 4); i++)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var stream = new GobStream();
            try
            {
                foreach (var piece in bytes.Chunk(500))
                {
                    piece.CopyTo(stream.Room);
                    stream.Added(piece.Length);
                }

                if (stream.Read() is { } header && stream.Read() is { } body)
                    _ = (CallHeader.Read(header), ResultGob.Read(body));
            }
            catch (GobException)
            {
            }
        }
    }

    private static IEnumerable<byte[]> Split(byte[] stream)
    {
        for (var rest = stream; GobReader.LengthOf(rest, 1 << 20) is { } length; rest = rest[length..])
            yield return rest[..length];
    }

    /// <summary>Hexadecimal digits, and texts in quotation marks.</summary>
    private static byte[] Bytes(string text) => [.. Piece().Matches(text).SelectMany(match =>
        match.Value[0] == '"' ? Encoding.ASCII.GetBytes(match.Value[1..^1]) : Convert.FromHexString(match.Value))];

    [GeneratedRegex("\"[^\"]*\"|[0-9a-f]+")]
    private static partial Regex Piece();
}
