using System.Text;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Net;
using CniPlugins.Tuning;

namespace CniPlugins.Tests.Unit;

/// <summary>What tuning reads out of a configuration, a key and a backup.</summary>
public sealed class TuningConfigTests
{
    [Theory]
    [InlineData("net.core.somaxconn", "net/core/somaxconn")]
    [InlineData("net/core/somaxconn", "net/core/somaxconn")]
    [InlineData("net.ipv4.conf.IFNAME.log_martians", "net/ipv4/conf/eth0.5/log_martians")]
    [InlineData("net.ipv4.conf.IFNAME.IFNAME", "net/ipv4/conf/eth0.5/IFNAME")]
    [InlineData(".net..core//somaxconn.", "net/core/somaxconn")]
    [InlineData("net/../kernel/hostname", "net/kernel/hostname")] // dots are slashes: there is no way up
    public void A_key_is_a_path_below_net(string key, string path) => Assert.Equal(path, PodSysctl.Parse(KeyValuePair.Create(key, "1"), "eth0.5").Name);

    [Theory]
    [InlineData("", "")]
    [InlineData("net", "net")]
    [InlineData("net.", "net/")]
    [InlineData("kernel.hostname", "kernel/hostname")]
    [InlineData("../kernel/hostname", "///kernel/hostname")]
    [InlineData("/etc/passwd", "/etc/passwd")]
    [InlineData("/proc/sys/net/core/somaxconn", "/proc/sys/net/core/somaxconn")]
    [InlineData("network.x", "network/x")]
    [InlineData("net.a\0b", "net/a\0b")]
    [InlineData("IFNAME.x", "eth0.5/x")]
    public void A_key_that_leads_elsewhere_is_refused(string key, string named)
    {
        var error = Assert.Throws<CniException>(() => PodSysctl.Parse(KeyValuePair.Create(key, "1"), "eth0.5"));
        Assert.Equal((CniErrorCode.Internal, $"invalid net sysctl key: \"{named}\""), (error.Code, error.Message));
    }

    [Fact]
    public void A_way_up_by_an_interfaces_name_is_none() =>
        Assert.Throws<CniException>(() => PodSysctl.Parse(KeyValuePair.Create("net/IFNAME/kernel/x", "1"), ".."));

    [Theory]
    [InlineData("\"mac\":\"02:00:00:00:00:01\"", "", "02:00:00:00:00:01")]
    [InlineData("\"mac\":\"02:00:00:00:00:01\"", "MAC=02:00:00:00:00:02", "02:00:00:00:00:02")]
    [InlineData("\"mac\":\"02:00:00:00:00:01\"", "IgnoreUnknown=1;X=y", "02:00:00:00:00:01")]
    [InlineData("\"mac\":\"02:00:00:00:00:01\",\"runtimeConfig\":{\"mac\":\"02:00:00:00:00:03\"}", "MAC=02:00:00:00:00:02", "02:00:00:00:00:03")]
    [InlineData("\"mac\":\"02:00:00:00:00:01\",\"runtimeConfig\":{\"mac\":\"\"}", "", "02:00:00:00:00:01")]
    [InlineData("\"runtimeConfig\":{\"mac\":\"02:00:00:00:00:03\"},\"args\":{\"cni\":{\"mac\":\"02:00:00:00:00:04\"}}", "MAC=02:00:00:00:00:02", "02:00:00:00:00:04")]
    [InlineData("\"mac\":\"\"", "", "")]
    [InlineData("", "", "")]
    public void The_hardware_address_comes_from_the_first_who_names_one(string members, string args, string mac) => Assert.Equal(mac, Read(members, args).MacText);

    [Fact]
    public void Wishes_of_a_container_go_before_the_networks()
    {
        var config = Read("""
            "mtu":1400,"promisc":true,"allmulti":true,"txQLen":10,"sysctl":{"net.a":"1","net.b":"2"},
            "args":{"cni":{"mtu":1300,"promisc":false,"allmulti":false,"txQLen":0,"sysctl":{"net.b":"3","net.c":"4"}}}
            """);
        Assert.Equal(new LinkSettings { Mtu = 1300, AllMulticast = false, TxQueueLength = 0 }, config.Wishes);
        Assert.Equal("net.a=1 net.b=3 net.c=4", string.Join(' ', config.Sysctls.Select(sysctl => $"{sysctl.Key}={sysctl.Value}")));
        Assert.Equal("net.b=3", string.Join(' ', Read("""  "args":{"cni":{"sysctl":{"net.b":"3"}}} """).Sysctls.Select(sysctl => $"{sysctl.Key}={sysctl.Value}")));
    }

    [Fact]
    public void Nothing_is_wished_for_by_zero_false_null_and_silence() =>
        Assert.True(Read("\"mtu\":0,\"promisc\":false,\"allmulti\":null,\"txQLen\":null,\"sysctl\":null,\"mac\":null").Wishes.IsEmpty);

    [Theory]
    [InlineData("\"sysctl\":{\"net.a\":\"1\",\"net.b\":\"1\",\"net.a\":\"2\"}", "duplicated sysctl keys are not allowed")]
    [InlineData("\"mtu\":-1", "invalid MTU -1")]
    [InlineData("\"txQLen\":-1", "invalid txQLen -1")]
    [InlineData("\"txQLen\":4294967296", "invalid txQLen 4294967296")]
    [InlineData("\"mac\":\"zz\"", "invalid args zz for MAC addr: address zz: invalid MAC address")]
    [InlineData("\"sysctl\":{\"net.a\":5}", "failed to load netconf: json: cannot unmarshal number into Go struct field .sysctl of type string")]
    [InlineData("\"sysctl\":[]", "failed to load netconf: json: cannot unmarshal array into Go struct field .sysctl of type object")]
    [InlineData("\"mtu\":\"1\"", "failed to load netconf: json: cannot unmarshal string into Go struct field .mtu of type int")]
    [InlineData("\"mtu\":1.0", "failed to load netconf: json: cannot unmarshal number 1.0 into Go struct field .mtu of type int")]
    [InlineData("\"dataDir\":5", "failed to load netconf: json: cannot unmarshal number into Go struct field .dataDir of type string")]
    public void What_makes_no_sense_is_refused_but_by_DEL_and_GC(string members, string message)
    {
        var error = Assert.Throws<CniException>(() => Read(members));
        Assert.Equal((CniErrorCode.Internal, message), (error.Code, error.Message));
        var (conf, environment, host) = Parts(members, "MAC=zz");
        Assert.Equal("/run/cni/tuning", TuningConfig.Read(OptionReader.Of(new DelRequest(conf, environment, host, ContainerId.Parse("c1"), environment.IfName, null))).DataDir);
        Assert.Equal("/run/cni/tuning", TuningConfig.Read(OptionReader.Of(new GcRequest(conf, environment, host, []))).DataDir);
    }

    [Fact]
    public void A_backup_has_upstreams_bytes()
    {
        var settings = new LinkSettings { Mac = new MacAddress(0xce1849ed0d86), Promiscuous = false, Mtu = 1450, AllMulticast = false, TxQueueLength = 1000 };
        Assert.Equal("{\n \"mac\": \"ce:18:49:ed:0d:86\",\n \"promisc\": false,\n \"mtu\": 1450,\n \"allmulti\": false,\n \"txQLen\": 1000\n}", settings.ToJson());
        Assert.Equal("{\n \"mtu\": 1500\n}", new LinkSettings { Mtu = 1500 }.ToJson());
        Assert.Equal(settings, LinkSettings.Parse(Encoding.UTF8.GetBytes(settings.ToJson())));
    }

    private static TuningConfig Read(string members, string args = "")
    {
        var (conf, environment, host) = Parts(members, args);
        return OptionReader.Load(new AddRequest(conf, environment, host, ContainerId.Parse("c1"), environment.IfName, "/run/netns/x"), TuningConfig.Read);
    }

    private static (NetConf Conf, CniEnvironment Environment, PluginHost Host) Parts(string members, string args) => (
        NetConf.Parse(Encoding.UTF8.GetBytes($"{{\"cniVersion\":\"1.1.0\",\"name\":\"n\",\"type\":\"tuning\"{(members.Length > 0 ? "," : "")}{members}}}")),
        new CniEnvironment(new Dictionary<string, string> { ["CNI_ARGS"] = args, ["CNI_IFNAME"] = "eth0" }),
        new PluginHost(_ => null, "version unknown"));
}
