using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Calico;

/// <summary>Configurations, environments and stores that are not as they should be.</summary>
public sealed class CalicoInputTests
{
    [Theory]
    [InlineData("""{"name":"a","cidr":"10.1.0/24"}""", "pool a: \"10.1.0/24\" is no network")]
    [InlineData("""{"name":"a"}""", "pool a: \"\" is no network")]
    [InlineData("""{"name":"a","cidr":"10.1.0.1/24"}""", "pool a: 10.1.0.1/24 has host bits")]
    [InlineData("""{"name":"a","cidr":"10.1.0.0/24","blockSize":19}""", "pool a: blockSize 19 is not between 20 and 32")]
    [InlineData("""{"name":"a","cidr":"10.1.0.0/24","blockSize":33}""", "pool a: blockSize 33 is not between 20 and 32")]
    [InlineData("""{"name":"a","cidr":"fd00::/64","blockSize":64}""", "pool a: blockSize 64 is not between 116 and 128")]
    [InlineData("""{"name":"a","cidr":"10.1.0.0/27","blockSize":26}""", "pool a: 10.1.0.0/27 is smaller than one block")]
    [InlineData("""{"name":"a","cidr":"169.254.0.0/16"}""", "pool a: 169.254.0.0/16 has link-local addresses")]
    [InlineData("""{"name":"A b","cidr":"10.1.0.0/24"}""", "pool A b: that is no name")]
    [InlineData("""{"name":"../x","cidr":"10.1.0.0/24"}""", "pool ../x: that is no name")]
    [InlineData("""{"name":"a","cidr":"10.1.0.0/24","nodeSelector":"zone = west"}""", "pool a: ")]
    [InlineData("""{"name":"a","cidr":"10.1.0.0/16"},{"name":"b","cidr":"10.1.2.0/24"}""", "pool b: 10.1.2.0/24 overlaps with pool a (10.1.0.0/16)")]
    public void A_pool_that_cannot_be_is_code_7_and_says_why(string pools, string message)
    {
        using var lab = new CalicoLab { Ipam = $"\"pools\":[{pools}]" };
        Assert.StartsWith($"7: {message}", lab.Call("ADD").Error, StringComparison.Ordinal);
        Assert.Equal("", lab.Held);
        lab.Del(); // takes away what it can, whatever the configuration has become
    }

    [Fact]
    public void A_pool_that_has_become_another_is_refused_and_left_as_it_is()
    {
        using var lab = new CalicoLab();
        var address = lab.Add();
        lab.Ipam = """ "pools":[{"name":"a","cidr":"10.2.0.0/24"}] """;
        Assert.Equal("7: pool a is 10.1.0.0/24 with blocks of /28, the configuration says 10.2.0.0/24 with blocks of /26", lab.Call("ADD", "c2").Error);
        Assert.Equal($"{address}=n.c1", lab.Held);
    }

    [Theory]
    [InlineData("\"datastore_type\":\"zookeeper\"", "7: unknown datastore_type \"zookeeper\"")]
    [InlineData("\"datastore_type\":\"kubernetes\"", "7: how to reach the Kubernetes API is not configured")]
    [InlineData("\"datastore_type\":\"\",\"kubernetes\":{\"kubeconfig\":\"/x\"}", "7: stat /x: no such file or directory")]
    [InlineData("\"datastore_type\":\"\",\"policy\":{\"type\":\"k8s\"}", "7: how to reach the Kubernetes API is not configured")]
    [InlineData("\"datastore_type\":\"etcdv3\"", "7: datastore_type is etcdv3, but there are no etcd_endpoints")]
    [InlineData("\"datastore_type\":\"etcdv3\",\"etcd_endpoints\":\"ftp://x\"", "7: etcd_endpoints: \"ftp://x\" is not a URL of an etcd member")]
    [InlineData("\"datastore_type\":\"etcdv3\",\"etcd_discovery_srv\":\"x\"", "7: etcd_discovery_srv is not supported")]
    [InlineData("\"nodename\":\"a/../b\"", "7: \"a/../b\" (nodename) cannot be the name of a node")]
    public void A_datastore_or_node_that_cannot_be_is_code_7(string members, string message)
    {
        using var lab = new CalicoLab();
        var config = $"{lab.Config.TrimEnd()[..^1]},{members}}}"; // the last of several keys counts
        Assert.StartsWith(message, lab.Call("ADD", "c1", config).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Variables_with_CALICO_in_front_beat_the_configuration_and_others_do_not()
    {
        using var lab = new CalicoLab();
        lab.Environment["DATASTORE_TYPE"] = "kubernetes";
        lab.Add();
        lab.Environment["CALICO_DATASTORE_TYPE"] = "kubernetes";
        Assert.StartsWith("7: how to reach the Kubernetes API is not configured", lab.Call("ADD").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_nodes_name_comes_from_the_configuration_or_its_file_or_the_host()
    {
        using var lab = new CalicoLab();
        var file = $"{lab.Directory}/nodename";
        File.WriteAllText(file, "from-file\n");
        var config = lab.Config.Replace("\"nodename\":\"node1\"", $"\"nodename_file\":\"{file}\"", StringComparison.Ordinal);
        lab.Call("ADD", "c1", config).ShouldSucceed();
        Assert.Contains("from-file", lab.Tool("ipam", "show", "n", "--show-blocks").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ipam/v2/assignment/ipv4/block", "block 10.1.0.")]
    [InlineData("ipam/v2/host/node1/ipv4/block", "affinity of host:node1 for 10.1.0.")]
    [InlineData("resources/v3/projectcalico.org/ippools", "pool a")]
    public void What_cannot_be_read_in_the_store_is_named_and_never_overwritten(string directory, string name)
    {
        using var lab = new CalicoLab();
        lab.Add();
        var file = Directory.GetFiles(Path.Combine(lab.DataDirectory, directory)).Single();
        foreach (var text in new[] { "{\"cidr\":", "[]", "\0\0\0" })
        {
            File.WriteAllText(file, text);
            var answer = lab.Call("ADD", "c2");
            var check = lab.Tool("ipam", "check", "n");
            Assert.Equal(1, check.ExitCode);
            Assert.Contains(name, check.Output, StringComparison.Ordinal);
            Assert.Equal(text, File.ReadAllText(file));
            if (answer.ExitCode != 0)
                Assert.Contains(name, answer.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_clock_that_goes_backwards_changes_nothing()
    {
        using var lab = new CalicoLab();
        lab.Add();
        var file = Directory.GetFiles(Path.Combine(lab.DataDirectory, "ipam/v2/assignment/ipv4/block")).Single();
        var text = File.ReadAllText(file);
        // As if the block had been claimed, and its address given out, in a century to come.
        File.WriteAllText(file, text.Replace("\"20", "\"21", StringComparison.Ordinal).Replace("\"sequenceNumber\":1", "\"sequenceNumber\":4", StringComparison.Ordinal));
        Assert.NotEqual(text, File.ReadAllText(file));
        Assert.NotEqual(lab.Add("c2"), lab.Add("c3"));
        foreach (var container in new[] { "c1", "c2", "c3" })
            lab.Del(container);
        Assert.Equal("", lab.Held);
        Assert.Equal(0, lab.Tool("ipam", "check", "n").ExitCode);
    }

    [Fact]
    public void A_store_that_cannot_be_written_is_one_error_with_the_path()
    {
        using var lab = new CalicoLab();
        Directory.CreateDirectory(lab.DataDirectory);
        File.WriteAllText(Path.Combine(lab.DataDirectory, "resources"), "in the way");
        var answer = lab.Call("ADD");
        Assert.Contains(lab.DataDirectory, answer.Error, StringComparison.Ordinal);
        Assert.Contains("ENOTDIR", answer.Details, StringComparison.Ordinal);
    }
}
