using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using CniPlugins.Cnitool.Topology;
using CniPlugins.Cnitool.Topology.Drawing;
using CniPlugins.Net;

namespace CniPlugins.Tests.Unit;

/// <summary>cnitool topology's three drawings of topologies made by hand.</summary>
public sealed class TopologyDrawingTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void A_small_topology_is_this_tree() => Assert.Equal(
        """
        host node1
        ├─ uplink eth0  192.0.2.10/24  default via 192.0.2.1
        ├─ bridge cni0  10.88.0.1/16  network pods
        │  ├─ blue  veth00000000 ── eth0  10.88.0.2/16 fd00::2/64  via 10.88.0.1
        │  │  ├─ network pods  container c0  /run/netns/blue
        │  │  ├─ port 8080/tcp → 80
        │  │  ├─ port [2001:db8::1]:53/udp → 53 (iptables)
        │  │  ├─ limit in 1.5 Mbit/s  limit out 800 kbit/s  masquerade
        │  │  └─ ! eth0 is down
        │  └─ c9  LEAKED  veth00000009 ── eth0
        │     ├─ network pods  container c9
        │     └─ ! in no runtime's cache
        ├─ dead: in the cache, but not in the kernel
        │  └─ red  DEAD  eth0  10.88.0.3/16
        │     └─ network pods  container c1  /run/netns/red
        ├─ leftovers: in the kernel, and whose they are nobody knows
        │  └─ ifb bwp0
        ├─ problems
        │  └─ broken?[31m
        └─ not read, so the picture is incomplete
           └─ nftables

        """, Tree(Small));

    [Fact]
    public void Pods_without_a_veth_hang_on_the_device_that_they_stand_on()
    {
        var pod = new PodAttachment("lan", "c1", "net1") { Netns = "/run/netns/one", Plugin = "macvlan", Addresses = [Cidr.Parse("10.1.0.2/24")] };
        var topology = new HostTopology("h")
        {
            Attachments =
            [
                pod with { Master = "eth0.5 on eth0", Layer = "macvlan bridge", InnerMaster = "vrf blue (table 7)" },
                pod with { Plugin = "tap", Layer = "tap" },
            ],
        };
        Assert.Equal(
            """
            host h
            ├─ device eth0.5 on eth0
            │  └─ one  net1  10.1.0.2/24
            │     ├─ network lan  container c1  /run/netns/one
            │     └─ macvlan bridge  in vrf blue (table 7)
            └─ tap, without a veth
               └─ one  net1  10.1.0.2/24
                  ├─ network lan  container c1  /run/netns/one
                  └─ tap

            """, Tree(topology));
        Assert.Contains("vrf blue", TopologySvg.Draw(topology), StringComparison.Ordinal);
    }

    [Fact]
    public void Colours_are_for_those_who_ask() =>
        Assert.Contains("\e[31mDEAD\e[0m", Tree(Small, colour: true), StringComparison.Ordinal);

    [Fact]
    public void An_empty_host_says_so()
    {
        Assert.Equal("host h\n└─ nothing of CNI's, and no uplink\n", Tree(new HostTopology("h")));
        Assert.Contains("no uplink", TopologySvg.Draw(new HostTopology("h")), StringComparison.Ordinal);
        XDocument.Parse(TopologySvg.Draw(new HostTopology("h")));
    }

    [Fact]
    public void Json_has_every_key_whether_it_says_something_or_not()
    {
        var document = JsonDocument.Parse(TopologyJson.Write(Small)).RootElement;
        Assert.Equal("host uplinks bridges attachments leftovers problems unread", Keys(document));
        Assert.Equal("name up addresses gateways", Keys(document.GetProperty("uplinks")[0]));
        Assert.Equal("name up addresses networks otherPorts", Keys(document.GetProperty("bridges")[0]));
        foreach (var pod in document.GetProperty("attachments").EnumerateArray())
        {
            Assert.Equal(
                "network containerId ifName name netns plugin state hostInterface device bridge master layer innerMaster addresses gateways hostRoutes ports ingress egress masquerade problems",
                Keys(pod));
        }

        var blue = document.GetProperty("attachments")[0];
        Assert.Equal("hostIP hostPort protocol containerPort backend", Keys(blue.GetProperty("ports")[0]));
        Assert.Equal("""{"rate":1500000,"burst":80000}""", JsonSerializer.Serialize(blue.GetProperty("ingress")));
        Assert.Equal(JsonValueKind.Null, document.GetProperty("attachments")[1].GetProperty("ingress").ValueKind);
    }

    [Fact]
    public void The_picture_says_what_the_tree_says()
    {
        var texts = XDocument.Parse(TopologySvg.Draw(Small)).Descendants(Svg + "text").Select(text => text.Value).ToList();
        string[] said =
        [
            "host node1", "uplink eth0", "bridge cni0  ·  network pods", "10.88.0.1/16", "blue", "veth00000000", "10.88.0.2/16", "fd00::2/64", "8080/tcp → 80",
            "8080/tcp → blue:80", "in 1.5 Mbit/s", "out 800 kbit/s", "masquerade", "! eth0 is down", "! in no runtime's cache", "red", "ifb bwp0", "nftables",
        ];
        foreach (var text in said)
            Assert.Contains(text, texts);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(12)]
    [InlineData(100)]
    public void Boxes_lie_within_the_picture_and_pods_beside_each_other(int count)
    {
        var document = XDocument.Parse(TopologySvg.Draw(Small with { Attachments = [.. Enumerable.Range(0, count).Select(number => Pod(number))] })).Root!;
        var page = new Box(0, 0, Number(document, "width"), Number(document, "height"));
        var boxes = document.Elements(Svg + "rect").Skip(1).Select(rect => new Box(Number(rect, "x"), Number(rect, "y"), Number(rect, "width"), Number(rect, "height"))).ToList();
        Assert.All(boxes, box => Assert.True(box is { X: >= 0, Y: >= 0 } && box.Right <= page.Right && box.Bottom <= page.Bottom, $"{box} is not in {page}"));
        foreach (var text in document.Elements(Svg + "text"))
            Assert.InRange(Number(text, "x") + (text.Attribute("text-anchor") is null ? SvgCanvas.WidthOf(text.Value, Number(text, "font-size")) : 0), 0, page.Right);

        var pods = document.Elements(Svg + "rect").Where(rect => (string?)rect.Attribute("fill") == "#ffffff" && (string?)rect.Attribute("rx") == "6")
            .Select(rect => new Box(Number(rect, "x"), Number(rect, "y"), Number(rect, "width"), Number(rect, "height"))).ToList();
        Assert.Equal(count, pods.Count);
        foreach (var (pod, index) in pods.Select((pod, index) => (pod, index)))
            Assert.DoesNotContain(pods.Skip(index + 1), other => other.X < pod.Right && pod.X < other.Right && other.Y < pod.Bottom && pod.Y < other.Bottom);
    }

    [Fact]
    public void Whatever_a_name_holds_the_picture_is_xml()
    {
        var name = "a<b>&\"c'\0\u001b\ufffe\ud800 " + new string('x', 300);
        var pod = new PodAttachment(name, name, name) { Plugin = "bridge", HostInterface = name, Bridge = "cni0", Problems = [name] };
        var document = XDocument.Parse(TopologySvg.Draw(Small with { Attachments = [pod, pod with { Bridge = "", HostInterface = "", State = AttachmentState.Leaked }], Problems = [name] }));
        Assert.Contains(document.Descendants(Svg + "title"), title => title.Value.StartsWith("a<b>&\"c'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/run/netns/blue", "", "c", "blue")]
    [InlineData("/var/run/netns/blue", "web/front-1", "c", "web/front-1")]
    [InlineData("/var/run/netns/cni-3f0c8f5e-0000", "", "0123456789abcdef0123", "0123456789ab")]
    [InlineData("/proc/17/ns/net", "", "cnitool-77383ca0a0715733ca6f", "cnitool-77383ca0a0715733ca6f")]
    [InlineData("", "", "", "unknown")]
    public void A_pod_is_called_what_people_call_it(string netns, string podName, string id, string expected) =>
        Assert.Equal(expected, new PodAttachment("n", id, "eth0") { Netns = netns, PodName = podName }.Name);

    private static HostTopology Small => new("node1")
    {
        Uplinks = [new("eth0") { Addresses = [Cidr.Parse("192.0.2.10/24")], Gateways = [IpAddress.Parse("192.0.2.1")] }],
        Bridges = [new("cni0") { Addresses = [Cidr.Parse("10.88.0.1/16")], Networks = ["pods"] }],
        Attachments =
        [
            Pod(0) with
            {
                Ports = [new(8080, "tcp", 80) { Backend = "nftables" }, new(53, "udp", 53) { HostIp = IpAddress.Parse("2001:db8::1"), Backend = "iptables" }],
                Ingress = new(1_500_000, 80_000),
                Egress = new(800_000, 80_000),
                Masquerade = "nftables",
                Problems = ["eth0 is down"],
            },
            new("pods", "c1", "eth0") { State = AttachmentState.Gone, Netns = "/run/netns/red", Addresses = [Cidr.Parse("10.88.0.3/16")] },
            new("pods", "c9", "eth0") { State = AttachmentState.Leaked, HostInterface = "veth00000009", Bridge = "cni0", Problems = ["in no runtime's cache"] },
            new("lo", "c0", "lo") { Plugin = "loopback" },
        ],
        Leftovers = ["ifb bwp0"],
        Problems = ["broken\e[31m"],
        Unread = ["nftables"],
    };

    private static PodAttachment Pod(int number) => new("pods", $"c{number}", "eth0")
    {
        Netns = number == 0 ? "/run/netns/blue" : $"/run/netns/pod{number}",
        Plugin = "bridge",
        HostInterface = $"veth{number:x8}",
        Bridge = "cni0",
        Addresses = [Cidr.Parse($"10.88.0.{number + 2}/16"), Cidr.Parse($"fd00::{number + 2:x}/64")],
        Gateways = [IpAddress.Parse("10.88.0.1")],
        Ingress = number % 3 == 0 ? null : new(10_000_000_000, 1),
        Ports = [.. Enumerable.Range(0, number % 4).Select(port => new PortForward(8000 + (4 * number) + port, "tcp", port + 1) { Backend = "nftables" })],
    };

    private static string Tree(HostTopology topology, bool colour = false)
    {
        using var output = new StringWriter();
        new TopologyTree(output, colour).Write(topology);
        return output.ToString();
    }

    private static string Keys(JsonElement element) => string.Join(' ', element.EnumerateObject().Select(member => member.Name));

    private static double Number(XElement element, string attribute) => double.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);
}
