using System.Text.RegularExpressions;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>What ADD prints, byte for byte: a runtime keeps it, and other implementations read it back.</summary>
public sealed partial class BridgeResultTests
{
    private const string Leased = """
        {"ips":[{"address":"10.1.0.2/24","gateway":"10.1.0.1"},{"address":"fd00:1::2/64","gateway":"fd00:1::1"}],
         "routes":[{"dst":"0.0.0.0/0"},{"dst":"10.9.0.0/16","gw":"10.1.0.3","priority":7,"mtu":1400,"scope":0},{"dst":"::/0"}],
         "dns":{"nameservers":["10.1.0.53"],"domain":"a<b>&c","search":["x"],"options":["ndots:5"]},"cniVersion":"1.0.0"}
        """;

    private const string Newest = """
        {
            "cniVersion": "VERSION",
            "dns": {
                "domain": "a\u003cb\u003e\u0026c",
                "nameservers": [
                    "10.1.0.53"
                ],
                "options": [
                    "ndots:5"
                ],
                "search": [
                    "x"
                ]
            },
            "interfaces": [
                {
                    "mac": "MAC",
                    "name": "br0"
                },
                {
                    "mac": "MAC",
                    "name": "VETH"
                },
                {
                    "mac": "MAC",
                    "name": "eth0",
                    "sandbox": "NETNS"
                }
            ],
            "ips": [
                {
                    "address": "10.1.0.2/24",
                    "gateway": "10.1.0.1",
                    "interface": 2
                },
                {
                    "address": "fd00:1::2/64",
                    "gateway": "fd00:1::1",
                    "interface": 2
                }
            ],
            "routes": [
                {
                    "dst": "0.0.0.0/0"
                },
                {
                    "dst": "10.9.0.0/16",
                    "gw": "10.1.0.3",
                    "mtu": 1400,
                    "priority": 7,
                    "scope": 0
                },
                {
                    "dst": "::/0"
                }
            ]
        }
        """;

    private const string Middle = """
        {
            "cniVersion": "VERSION",
            "interfaces": [
                {
                    "name": "br0",
                    "mac": "MAC"
                },
                {
                    "name": "VETH",
                    "mac": "MAC"
                },
                {
                    "name": "eth0",
                    "mac": "MAC",
                    "sandbox": "NETNS"
                }
            ],
            "ips": [
                {
                    "version": "4",
                    "interface": 2,
                    "address": "10.1.0.2/24",
                    "gateway": "10.1.0.1"
                },
                {
                    "version": "6",
                    "interface": 2,
                    "address": "fd00:1::2/64",
                    "gateway": "fd00:1::1"
                }
            ],
            "routes": [
                {
                    "dst": "0.0.0.0/0"
                },
                {
                    "dst": "10.9.0.0/16",
                    "gw": "10.1.0.3",
                    "mtu": 1400,
                    "priority": 7,
                    "scope": 0
                },
                {
                    "dst": "::/0"
                }
            ],
            "dns": {
                "nameservers": [
                    "10.1.0.53"
                ],
                "domain": "a\u003cb\u003e\u0026c",
                "search": [
                    "x"
                ],
                "options": [
                    "ndots:5"
                ]
            }
        }
        """;

    private const string Oldest = """
        {
            "cniVersion": "VERSION",
            "ip4": {
                "ip": "10.1.0.2/24",
                "gateway": "10.1.0.1",
                "routes": [
                    {
                        "dst": "0.0.0.0/0"
                    },
                    {
                        "dst": "10.9.0.0/16",
                        "gw": "10.1.0.3"
                    }
                ]
            },
            "ip6": {
                "ip": "fd00:1::2/64",
                "gateway": "fd00:1::1",
                "routes": [
                    {
                        "dst": "::/0"
                    }
                ]
            },
            "dns": {
                "nameservers": [
                    "10.1.0.53"
                ],
                "domain": "a\u003cb\u003e\u0026c",
                "search": [
                    "x"
                ],
                "options": [
                    "ndots:5"
                ]
            }
        }
        """;

    [Theory]
    [InlineData("0.1.0", Oldest)]
    [InlineData("0.2.0", Oldest)]
    [InlineData("0.3.0", Middle)]
    [InlineData("0.3.1", Middle)]
    [InlineData("0.4.0", Middle)]
    [InlineData("1.0.0", Newest)]
    [InlineData("1.1.0", Newest)]
    public void The_result_has_the_shape_of_the_configurations_version(string version, string expected)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var ipam = new FakeIpam(host, Leased);
        var reply = new CniCall(host) { CniPath = ipam.CniPath }.Run("ADD", Conf.Bridge(FakeIpam.Conf, version), "c1", pod);
        Assert.Equal(0, reply.ExitCode);
        Assert.Equal(expected.Replace("VERSION", version, StringComparison.Ordinal), Masked(reply.Output, pod));
    }

    [Fact]
    public void Without_a_version_the_result_is_the_oldest()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var ipam = new FakeIpam(host, Leased);
        var conf = Conf.Bridge(FakeIpam.Conf).Replace("\"cniVersion\":\"1.0.0\",", "", StringComparison.Ordinal);
        var reply = new CniCall(host) { CniPath = ipam.CniPath }.Run("ADD", conf, "c1", pod);
        Assert.Equal(Oldest.Replace("VERSION", "0.1.0", StringComparison.Ordinal), Masked(reply.Output, pod));
    }

    [Fact]
    public void Without_addresses_an_old_version_has_no_words_for_the_result_and_nothing_is_left()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        host.AddBridge();
        var before = Snapshot.Of(host, pod);
        var (code, message, _) = CniCall.Error(new CniCall(host).Run("ADD", Conf.Bridge(version: "0.2.0"), "c1", pod));
        Assert.Equal((999, "cannot convert: no valid IP addresses"), (code, message));
        Assert.Equal(before, Snapshot.Of(host, pod));
    }

    [Fact]
    public void The_networks_dns_takes_the_place_of_the_address_plugins_only_if_it_says_something()
    {
        using var host = new Sandbox();
        var cni = new CniCall(host) { CniPath = new FakeIpam(host, Leased).CniPath };
        var own = cni.Add(Conf.Bridge($$""" "dns":{"domain":"own"},{{FakeIpam.Conf}}"""), "c1", host.AddPod());
        Assert.Equal("""{"domain":"own"}""", own.GetProperty("dns").GetRawText().Replace("\n", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal));
        var empty = cni.Add(Conf.Bridge($$""" "dns":{},{{FakeIpam.Conf}}"""), "c2", host.AddPod());
        Assert.Equal("10.1.0.53", empty.GetProperty("dns").GetProperty("nameservers")[0].GetString());
    }

    [Theory]
    [InlineData("{\"nameservers\":[]}", false)]
    [InlineData("{\"search\":[]}", false)]
    [InlineData("{\"options\":[]}", false)]
    [InlineData("{\"nameservers\":[],\"search\":[],\"options\":[],\"domain\":\"\"}", false)]
    [InlineData("{}", true)]
    [InlineData("null", true)]
    [InlineData("{\"nameservers\":null,\"search\":null,\"options\":null}", true)]
    [InlineData("{\"domain\":\"\"}", true)]
    public void An_empty_list_of_the_networks_says_that_there_shall_be_none(string dns, bool isLeased)
    {
        using var host = new Sandbox();
        // A routed pod reaches no neighbour that could be a gateway.
        var leased = Leased.Replace(",\"gw\":\"10.1.0.3\"", "", StringComparison.Ordinal);
        var cni = new CniCall(host) { CniPath = new FakeIpam(host, leased).CniPath };
        foreach (var conf in new[] { Conf.Bridge($"\"dns\":{dns},{FakeIpam.Conf}"), Conf.Ptp($"\"dns\":{dns},{FakeIpam.Conf}", name: "net2") })
        {
            var result = cni.Add(conf, "c1", host.AddPod());
            Assert.Equal(isLeased, result.TryGetProperty("dns", out _));
            cni.Del(conf, "c1", "");
        }
    }

    [Fact]
    public void The_hardware_addresses_of_the_result_are_the_links_own()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var interfaces = new CniCall(host).Add(Conf.Bridge(), "c1", pod).GetProperty("interfaces");
        Assert.Equal(host.IpJson("link show br0")[0].GetProperty("address").GetString(), interfaces[0].GetProperty("mac").GetString());
        var outer = interfaces[1].GetProperty("name").GetString();
        Assert.Equal(host.IpJson($"link show {outer}")[0].GetProperty("address").GetString(), interfaces[1].GetProperty("mac").GetString());
        Assert.Equal(Sandbox.PodIpJson(pod, "link show eth0")[0].GetProperty("address").GetString(), interfaces[2].GetProperty("mac").GetString());
    }

    private static string Masked(string output, string pod) =>
        Mac().Replace(Veth().Replace(output, "VETH"), "MAC").Replace(pod, "NETNS", StringComparison.Ordinal);

    [GeneratedRegex("([0-9a-f]{2}:){5}[0-9a-f]{2}")]
    private static partial Regex Mac();

    [GeneratedRegex("veth[0-9a-f]{8}")]
    private static partial Regex Veth();
}
