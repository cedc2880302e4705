using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins.Security;

/// <summary>What is kept on disks is nobody else's to read, and leads nowhere else.</summary>
public sealed class StateFileTests
{
    private const string Precious = "precious";

    [Fact]
    public void State_is_private_whatever_the_umask()
    {
        using var host = new Sandbox();
        var tool = new ToolCall(host) { Umask = "0" };
        tool.Define("a", FullChain.Of(host, "a", "bridge", 50));
        tool.Define("blocks", $$"""
            {"cniVersion":"1.1.0","name":"blocks","plugins":[{"type":"ptp","nodename":"n","ipam_lock_file":"{{host.Directory}}/locks/ipam.lock",
             "ipam":{"type":"calico-ipam","dataDir":"{{host.Directory}}/blocks","pools":[{"name":"p","cidr":"10.7.0.0/26"}]} }]}
            """);
        var pod = host.AddPod();
        Succeed(tool.Run("add", "a", pod, "eth0", 20_000));
        Succeed(tool.Run("add", "blocks", pod, "eth1", 20_001));
        foreach (var directory in new[] { Conf.LeaseDirectory(host), FullChain.BackupDirectory(host), Path.Combine(host.Directory, "cache"), Path.Combine(host.Directory, "blocks") })
        {
            Assert.True(Directory.GetFiles(directory, "*", SearchOption.AllDirectories).Length > 0, directory);
            Assert.Equal("", Tool.Run("find", directory, "-type", "f", "-perm", "/0027")); // the lock is upstream's: 0750
            Assert.Equal("", Tool.Run("find", directory, "-type", "d", "-perm", "/0022"));
        }

        // Upstream's directory can be listed by all, as upstream's; ours cannot.
        Assert.Equal("", Tool.Run("find", Path.Combine(Conf.LeaseDirectory(host), ".index"), FullChain.BackupDirectory(host), Path.Combine(host.Directory, "blocks"), "-perm", "/0077", "!", "-name", "lock"));
    }

    [Theory]
    [InlineData("ipam/a/lock")]
    [InlineData("ipam/a/last_reserved_ip.0")]
    [InlineData("ipam/a/10.50.0.2")]
    [InlineData("ipam/.index/a/new")]
    [InlineData("ipam/.index/a/stamp")]
    [InlineData("ipam/.index/a/used/10.50.0.0")]
    [InlineData("ipam/.index/a/owners/ID:eth0")]
    [InlineData("tuning/ID_eth0.json")]
    [InlineData("cache/results/a-ID-eth0")]
    public void A_link_in_a_state_files_place_leads_nobody_to_another_file(string place)
    {
        using var host = new Sandbox();
        var tool = new ToolCall(host);
        tool.Define("a", FullChain.Of(host, "a", "bridge", 50));
        var pod = host.AddPod();
        var path = Path.Combine(host.Directory, place.Replace("ID", ToolCall.IdOf(pod), StringComparison.Ordinal));
        var (victim, absent) = (Path.Combine(host.Directory, "victim"), Path.Combine(host.Directory, "absent"));
        foreach (var target in new[] { victim, absent })
        {
            File.WriteAllText(victim, Precious);
            foreach (var verb in new[] { "add", "check", "del" })
            {
                Plant(path, target);
                tool.Run(verb, "a", pod, "eth0", 20_000);
            }

            Plant(path, target);
            tool.Gc("a", []);
            Assert.Equal(Precious, File.ReadAllText(victim));
            Assert.False(File.Exists(absent));
            File.Delete(path);
            tool.Run("del", "a", pod, "eth0", 20_000);
        }
    }

    [Theory]
    [InlineData("ipam/a")]
    [InlineData("ipam/.index")]
    [InlineData("ipam/.index/a")]
    [InlineData("ipam/.index/a/used")]
    [InlineData("ipam/.index/a/owners")]
    public void A_link_in_a_state_directorys_place_leads_nobody_to_another_directory(string place)
    {
        using var host = new Sandbox();
        var tool = new ToolCall(host);
        tool.Define("a", FullChain.Of(host, "a", "bridge", 50));
        var pod = host.AddPod();
        var outside = Directory.CreateDirectory(Path.Combine(host.Directory, "outside")).FullName;
        string[] precious = ["10.50.0.2", "10.50.0.0", "stamp", "new", "lock", "last_reserved_ip.0", $"{ToolCall.IdOf(pod)}:eth0", "other:eth0"];
        foreach (var name in precious)
            File.WriteAllText(Path.Combine(outside, name), Precious);
        Plant(Path.Combine(host.Directory, place), outside);
        foreach (var verb in new[] { "add", "check", "del" })
            tool.Run(verb, "a", pod, "eth0", 20_000);
        tool.Gc("a", []);
        Assert.Equal(precious.Order(StringComparer.Ordinal), Directory.GetFileSystemEntries(outside).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        Assert.All(Directory.GetFiles(outside), file => Assert.Equal(Precious, File.ReadAllText(file)));
    }

    [Theory]
    [InlineData("../../etc")]
    [InlineData("a/b")]
    [InlineData(".hidden")]
    public void A_name_that_would_lead_elsewhere_is_refused_before_it_is_part_of_a_path(string name)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var cni = new CniCall(host);
        var ipam = Conf.HostLocal(host, "[]", "10.1.0.0/24");
        foreach (var (network, id, ifName) in new[] { (name, "c1", "eth0"), ("n", name, "eth0"), ("n", "c1", name.Contains('/', StringComparison.Ordinal) ? name : "..") })
        {
            foreach (var verb in new[] { "ADD", "DEL" })
                Assert.NotEqual(0, cni.Run(verb, Conf.Bridge(ipam, name: network), id, pod, ifName).ExitCode);
        }

        Assert.False(Directory.Exists(Conf.LeaseDirectory(host)));
    }

    private static void Plant(string path, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Tool.Run("sh", "-c", $"rm -rf {path}; ln -s {target} {path}");
    }

    private static void Succeed(ToolResult reply) => Assert.True(reply.ExitCode == 0, reply.Output + reply.Error);
}
