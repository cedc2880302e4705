using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>What tuning changes, as ip and sysctl see it, and that DEL gives the interface its own back.</summary>
public sealed class TuningTests
{
    [Fact]
    public void Everything_that_is_asked_for_is_set_checked_and_taken_back()
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        var before = tuning.State();
        var mac = Sandbox.PodIpJson(tuning.Pod, "link show eth0")[0].GetProperty("address").GetString()!;
        const string members = TuningCall.Everything + ",\"txQLen\":77";

        var result = tuning.Add(members);
        Assert.Equal(
            "address 02:00:00:00:00:01 mtu 1400 txqlen 77 promiscuity 1 ALLMULTI,BROADCAST,LOWER_UP,MULTICAST,PROMISC,UP somaxconn 500 log_martians 1",
            tuning.State());
        Assert.Equal(
            $"{{\n \"mac\": \"{mac}\",\n \"promisc\": false,\n \"mtu\": 1500,\n \"allmulti\": false,\n \"txQLen\": 1000\n}}",
            File.ReadAllText(tuning.BackupOf()));
        Assert.Equal("600", Tool.Run("stat", "-c", "%a", tuning.BackupOf()).Trim());
        Assert.Equal("700", Tool.Run("stat", "-c", "%a", tuning.DataDir).Trim());
        Assert.Equal(
            ["02:00:00:00:00:01", "0a:00:00:00:00:08", "02:00:00:00:00:01"],
            result.GetProperty("interfaces").EnumerateArray().Select(link => link.GetProperty("mac").GetString()!));
        tuning.Check(members);

        tuning.Del(members);
        Assert.Equal(before.Replace("somaxconn 4096 log_martians 0", "somaxconn 500 log_martians 1", StringComparison.Ordinal), tuning.State());
        Assert.Empty(tuning.Files);
        tuning.Del(members);
    }

    [Theory]
    [InlineData("\"mtu\":1400", "\"mtu\": 1500")]
    [InlineData("\"promisc\":true", "\"promisc\": false")]
    [InlineData("\"allmulti\":true", "\"allmulti\": false")]
    [InlineData("\"allmulti\":false", "\"allmulti\": false")]
    [InlineData("\"txQLen\":0", "\"txQLen\": 1000")]
    [InlineData("\"txQLen\":4294967295", "\"txQLen\": 1000")]
    public void Only_what_changes_is_remembered(string members, string backup)
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        var before = tuning.State();
        tuning.Add(members);
        Assert.Equal($"{{\n {backup}\n}}", File.ReadAllText(tuning.BackupOf()));
        tuning.Check(members);
        tuning.Del(members);
        Assert.Equal(before, tuning.State());
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"mtu\":0,\"promisc\":false,\"mac\":\"\"")]
    [InlineData(TuningCall.Sysctls)]
    public void Who_changes_no_interface_needs_no_memory(string members)
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        tuning.Add(members);
        Assert.False(Directory.Exists(tuning.DataDir));
        tuning.Del(members);
    }

    [Fact]
    public void Settings_are_found_by_the_interfaces_name_even_with_a_dot_in_it()
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        Sandbox.PodIp(tuning.Pod, "link add eth0.5 type veth peer name peer5");
        var conf = tuning.Conf(TuningCall.Sysctls);
        Assert.Equal(0, tuning.Run("ADD", conf, ifName: "eth0.5").ExitCode);
        Assert.Equal("1", tuning.Sysctl("net.ipv4.conf.eth0/5.log_martians"));
        Assert.Equal("0", tuning.Sysctl("net.ipv4.conf.eth0.log_martians"));
        Assert.Equal(0, tuning.Run("CHECK", conf, ifName: "eth0.5").ExitCode);
    }

    [Fact]
    public void Settings_that_the_kernel_spells_differently_pass_CHECK()
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        const string members = """ "sysctl":{"net.ipv4.ip_local_port_range":"20000 30000"},"mac":"02:00:00:00:00:0A" """;
        var result = tuning.Add(members);
        Assert.Equal("20000\t30000", tuning.Sysctl("net.ipv4.ip_local_port_range"));
        Assert.Equal("02:00:00:00:00:0A", result.GetProperty("interfaces")[2].GetProperty("mac").GetString()); // as it was written
        tuning.Check(members);
    }

    [Theory]
    [InlineData("link set eth0 mtu 1300", "Error: Tuning configured MTU of eth0 is 1400, current value is 1300")]
    [InlineData("link set eth0 address 02:00:00:00:00:02", "Error: Tuning configured Ethernet of eth0 is 02:00:00:00:00:01, current value is 02:00:00:00:00:02")]
    [InlineData("link set eth0 promisc off", "Error: Tuning link eth0 configured promisc is true, current value is 0")]
    [InlineData("link set eth0 allmulticast off", "Error: Tuning configured all-multicast mode of eth0 is true, current value is false")]
    [InlineData("link set eth0 txqueuelen 5", "Error: Tuning configured Transmit Queue Length of eth0 is 77, current value is 5")]
    [InlineData("link del eth0", "open /proc/sys/net/ipv4/conf/eth0/log_martians: no such file or directory")]
    public void CHECK_names_what_somebody_changed(string damage, string message)
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        const string members = TuningCall.Everything + ",\"txQLen\":77";
        tuning.Add(members);
        Sandbox.PodIp(tuning.Pod, damage);
        Assert.Equal((999, message), Head(CniCall.Error(tuning.Run("CHECK", tuning.Conf(members)))));
    }

    [Fact]
    public void CHECK_names_kernel_settings_that_somebody_changed_and_promiscuity_that_nobody_asked_for()
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        tuning.Add(TuningCall.Sysctls);
        Sandbox.TryInPod(tuning.Pod, "sysctl", "-w", "net.core.somaxconn=7");
        Assert.Equal(
            (999, "Error: Tuning configured value of /proc/sys/net/core/somaxconn is 500, current value is 7"),
            Head(CniCall.Error(tuning.Run("CHECK", tuning.Conf(TuningCall.Sysctls)))));
        Sandbox.PodIp(tuning.Pod, "link set eth0 promisc on");
        Assert.Equal((999, "Error: Tuning link eth0 configured promisc is false, current value is 1"), Head(CniCall.Error(tuning.Run("CHECK", tuning.Conf("")))));
        Assert.Equal((999, "Cannot find container link eth5"), Head(CniCall.Error(tuning.Run("CHECK", tuning.Conf(""), ifName: "eth5"))));
        Assert.Equal((999, "Required prevResult missing"), Head(CniCall.Error(tuning.Run("CHECK", tuning.Bare("")))));
    }

    [Fact]
    public void A_second_ADD_remembers_what_was_before_the_first()
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        var before = tuning.State();
        tuning.Add("\"mtu\":1400,\"promisc\":true");
        tuning.Add("\"mtu\":1400,\"promisc\":true,\"txQLen\":5");
        tuning.Del("");
        Assert.Equal(before, tuning.State());
        Assert.Empty(tuning.Files);
    }

    [Fact]
    public void Two_interfaces_of_a_pod_are_tuned_apart()
    {
        using var host = new Sandbox();
        var tuning = new TuningCall(host);
        Sandbox.PodIp(tuning.Pod, "link add net1 up type veth peer name peer1");
        tuning.Add("\"mtu\":1400");
        Assert.Equal(0, tuning.Run("ADD", tuning.Conf("\"mtu\":1300"), ifName: "net1").ExitCode);
        Assert.Equal(["c1_eth0.json", "c1_net1.json"], tuning.Files);
        tuning.Del("");
        Assert.Equal(1300, Sandbox.PodIpJson(tuning.Pod, "link show net1")[0].GetProperty("mtu").GetInt32());
        Assert.Equal(1500, Sandbox.PodIpJson(tuning.Pod, "link show eth0")[0].GetProperty("mtu").GetInt32());
    }

    [Fact]
    public void A_chain_with_a_bridge_ends_as_it_began()
    {
        using var host = new Sandbox();
        host.AddBridge();
        var (pod, runtime) = (host.AddPod(), new ChainCall(host));
        var before = Snapshot.Of(host, pod);
        var chain = $$"""
            {"cniVersion":"1.0.0","name":"net1","plugins":[{{Conf.Bridge(Conf.DualStack(host))}},
            {"type":"tuning","dataDir":"{{host.Directory}}/tuning","mtu":1400,"mac":"02:00:00:00:00:01","sysctl":{"net.ipv4.conf.IFNAME.arp_notify":"0"} }]}
            """;
        var result = runtime.Add(chain, "c1", pod);
        Assert.Equal("02:00:00:00:00:01", result.GetProperty("interfaces")[2].GetProperty("mac").GetString());
        runtime.Check(chain.Replace("\"mac\"", "\"promisc\":false,\"mac\"", StringComparison.Ordinal), "c1", pod);
        runtime.Del(chain, "c1", pod);
        Assert.Equal(before, Snapshot.Of(host, pod));
        Assert.Empty(Directory.GetFiles($"{host.Directory}/tuning"));
    }

    private static (int Code, string Message) Head((int Code, string Message, string Details) error) => (error.Code, error.Message);
}
