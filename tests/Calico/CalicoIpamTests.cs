using System.Text.Json;
using CniPlugins.Linux;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Calico;

/// <summary>ADD and DEL of calico-ipam, on files and on etcd.</summary>
public sealed class CalicoIpamTests
{
    private const string DualStack = """ "assign_ipv6":"true","pools":[{"name":"a","cidr":"10.1.0.0/24","blockSize":28},{"name":"b","cidr":"fd00::/64"}] """;

    [Theory]
    [InlineData("local")]
    [InlineData("etcdv3")]
    public void Add_answers_with_the_blocks_prefix_and_the_address_as_a_route_and_del_gives_it_back_twice(string datastore)
    {
        using var lab = new CalicoLab(datastore);
        var added = lab.Call("ADD");
        var address = added.Addresses;
        Assert.Equal(
            $$"""{"cniVersion":"1.1.0","ips":[{"address":"{{address}}/28"}],"routes":[{"dst":"{{address}}/28"}]}""",
            JsonSerializer.Serialize(added.Json).Replace(",\"dns\":{}", "", StringComparison.Ordinal));
        Assert.Equal($"{address}=n.c1", lab.Held);
        Assert.NotEqual(address, lab.Add("c2"));
        lab.Check("c1", added).ShouldSucceed();
        lab.Del();
        lab.Del();
        Assert.EndsWith("=n.c2", lab.Held, StringComparison.Ordinal);
        lab.Del("c2");
        lab.Del("never-was");
        Assert.Equal("", lab.Held);
    }

    [Theory]
    [InlineData("local")]
    [InlineData("etcdv3")]
    public void Dual_stack_takes_one_of_each_family_or_nothing(string datastore)
    {
        using var lab = new CalicoLab(datastore) { Ipam = DualStack };
        var addresses = lab.Add().Split(' ');
        Assert.Equal((2, true, true), (addresses.Length, addresses[0].Contains('.', StringComparison.Ordinal), addresses[1].Contains(':', StringComparison.Ordinal)));
        Assert.Equal(0, lab.Tool("ipam", "pool", "disable", "n", "b").ExitCode);
        Assert.StartsWith("999: ", lab.Call("ADD", "c2").Error, StringComparison.Ordinal);
        Assert.Equal($"{addresses[0]}=n.c1 {addresses[1]}=n.c1", lab.Held);
    }

    [Theory]
    [InlineData("\"assign_ipv4\":\"false\",\"assign_ipv6\":\"true\"", false, true)]
    [InlineData("\"assign_ipv4\":false,\"assign_ipv6\":true", false, true)]
    [InlineData("\"assign_ipv4\":\"no\",\"assign_ipv6\":\"yes\"", true, false)]
    [InlineData("\"assign_ipv4\":\"false\"", false, false)]
    public void The_families_are_switched_by_texts(string switches, bool v4, bool v6)
    {
        using var lab = new CalicoLab { Ipam = $"{switches},\"pools\":[{{\"cidr\":\"10.1.0.0/24\"}},{{\"cidr\":\"fd00::/64\"}}]" };
        var answer = lab.Call("ADD");
        answer.ShouldSucceed();
        var addresses = answer.Json.TryGetProperty("ips", out var ips) ? ips.EnumerateArray().Select(ip => ip.GetProperty("address").GetString()!).ToList() : [];
        Assert.Equal((v4, v6), (addresses.Exists(address => address.Contains('.', StringComparison.Ordinal)), addresses.Exists(address => address.Contains(':', StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("local")]
    [InlineData("etcdv3")]
    public void A_requested_address_is_given_alone_once_and_out_of_a_pool(string datastore)
    {
        using var lab = new CalicoLab(datastore) { Args = "IgnoreUnknown=1;IP=10.1.0.77" };
        Assert.Equal("10.1.0.77/32", lab.Call("ADD").Json.GetProperty("ips")[0].GetProperty("address").GetString());
        var taken = lab.Call("ADD", "c2");
        Assert.StartsWith("999: 10.1.0.77: ", taken.Error, StringComparison.Ordinal);
        Assert.Equal("cnitool ipam show --ip 10.1.0.77 says who has it", taken.Details);
        lab.Args = "IP=10.9.0.1";
        Assert.Contains("The provided IP address is not in a configured pool", lab.Call("ADD", "c2").Error, StringComparison.Ordinal);
        lab.Args = "IP=10.9.0";
        Assert.Equal("999: ARGS: error parsing value of pair \"IP=10.9.0\": invalid IP address 10.9.0", lab.Call("ADD", "c2").Error);
        Assert.Equal("10.1.0.77=n.c1", lab.Held);
        lab.Del();
        Assert.Equal("", lab.Held);
    }

    [Fact]
    public void Pools_are_chosen_by_name_or_by_network()
    {
        using var lab = new CalicoLab { Ipam = """ "pools":[{"name":"a","cidr":"10.1.0.0/24"},{"name":"b","cidr":"10.2.0.0/24"},{"name":"six","cidr":"fd00::/64"}],"ipv4_pools":["b"] """ };
        Assert.StartsWith("10.2.0.", lab.Add(), StringComparison.Ordinal);
        lab.Ipam = """ "ipv4_pools":["10.1.0.0/24"] """;
        Assert.StartsWith("10.1.0.", lab.Add("c2"), StringComparison.Ordinal);
        lab.Ipam = """ "ipv4_pools":["c"] """;
        Assert.StartsWith("999: error parsing pool \"c\": ", lab.Call("ADD", "c3").Error, StringComparison.Ordinal);
        lab.Ipam = """ "ipv4_pools":["six"] """;
        Assert.Equal("999: \"fd00::\" isn't a IPv4 address", lab.Call("ADD", "c3").Error);
        lab.Ipam = """ "ipv4_pools":["10.3.0.0/24"] """;
        Assert.StartsWith("999: the given pool (10.3.0.0/24) does not exist, or is not enabled", lab.Call("ADD", "c3").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_add_of_a_container_takes_another_address_and_one_del_gives_both_back()
    {
        using var lab = new CalicoLab();
        Assert.NotEqual(lab.Add(), lab.Add());
        Assert.Equal(2, lab.Held.Split(' ').Length);
        lab.Del();
        Assert.Equal("", lab.Held);
    }

    [Theory]
    [InlineData("local")]
    [InlineData("etcdv3")]
    public void Who_the_pod_is_is_stored_with_its_address(string datastore)
    {
        using var lab = new CalicoLab(datastore) { Args = "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=till;K8S_POD_INFRA_CONTAINER_ID=c1;K8S_POD_UID=u" };
        var address = lab.Add();
        var output = lab.Tool("ipam", "show", "n", "--ip", address).Output;
        foreach (var line in new[] { "owner      n.c1", "namespace  shop", "node       node1", "pod        till", "timestamp  20" })
            Assert.Contains(line, output, StringComparison.Ordinal);
        lab.Args = "K8S_POD_UID=u";
        Assert.Equal("999: ARGS: unknown args [\"K8S_POD_UID=u\"]", lab.Call("ADD", "c2").Error);
        lab.Del(); // what cannot be read does not keep the address
        Assert.Equal("", lab.Held);
    }

    [Fact]
    public void Del_also_releases_what_Calico_2_called_it()
    {
        using var lab = new CalicoLab { Network = "shop" };
        lab.Add("till"); // its handle is the one that Calico 2 gave to pod till in namespace shop
        lab.Network = "n";
        lab.Args = "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=till";
        lab.Del("c9");
        Assert.Equal("", lab.Held);
    }

    [Fact]
    public void Routes_and_a_gateway_of_the_configuration_are_handed_on()
    {
        using var lab = new CalicoLab
        {
            Ipam = """ "gateway":"10.1.0.1","routes":[{"dst":"0.0.0.0/0","gw":"10.1.0.1"}],"pools":[{"name":"a","cidr":"10.1.0.0/28","blockSize":28}] """,
        };
        var seen = new HashSet<string>();
        for (var i = 0; i < 13; i++)
        {
            var answer = lab.Call("ADD", $"c{i}");
            seen.Add(answer.Addresses);
            Assert.Equal("10.1.0.1", answer.Json.GetProperty("ips")[0].GetProperty("gateway").GetString());
            Assert.Equal("0.0.0.0/0", answer.Json.GetProperty("routes")[1].GetProperty("dst").GetString());
        }

        Assert.Equal(13, seen.Count);
        Assert.DoesNotContain(seen, address => address is "10.1.0.0" or "10.1.0.1" or "10.1.0.15");
        Assert.StartsWith("999: failed to request IPv4 addresses: Assigned 0 out of 1 requested IPv4 addresses", lab.Call("ADD", "c13").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_hosts_lock_is_waited_for()
    {
        using var lab = new CalicoLab();
        var held = FileLock.Take($"{lab.Directory}/ipam.lock", 0x180, TimeSpan.FromSeconds(1));
        var released = false;
        using var timer = new Timer(_ => { released = true; held.Dispose(); }, null, 300, Timeout.Infinite);
        lab.Add();
        Assert.True(released);
    }

    [Fact]
    public void The_log_goes_where_it_should_at_its_level_and_is_put_aside_when_it_is_large()
    {
        using var lab = new CalicoLab();
        var log = $"{lab.Directory}/log/deep/cni.log";
        lab.More = $"\"log_level\":\"Error\",\"log_file_path\":\"{log}\",\"log_file_max_size\":1,\"log_file_max_count\":1,";
        lab.Add();
        Assert.False(File.Exists(log));
        lab.More = lab.More.Replace("Error", "info", StringComparison.Ordinal);
        lab.Add();
        Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \[INFO\]\[\d+\] calico-ipam ADD n\.c1/eth0: assigned 10\.1\.0\.\d+/28\n$", File.ReadAllText(log));
        for (var i = 0; i < 2; i++)
        {
            File.AppendAllText(log, new string('x', 1 << 20));
            lab.Add();
        }

        var files = Directory.GetFiles(Path.GetDirectoryName(log)!).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(2, files.Count); // of two that were put aside one is kept
        Assert.Matches(@"^cni-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.log$", files[0]);
        Assert.Equal("cni.log", files[1]);
    }
}
