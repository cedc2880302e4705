using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>A host that is not as it should be: paths that lead to the wrong things, disks that take nothing, state that somebody tore.</summary>
public sealed class BadHostTests
{
    [Theory]
    [InlineData("regular file", "unknown FS magic on \"{0}\": ")]
    [InlineData("directory", "unknown FS magic on \"{0}\": ")]
    [InlineData("fifo", "unknown FS magic on \"{0}\": ")]
    [InlineData("missing", "failed to Statfs \"{0}\": no such file or directory")]
    [InlineData("below a file", "failed to Statfs \"{0}\": no such file or directory")]
    [InlineData("loop", "failed to Statfs \"{0}\": too many levels of symbolic links")]
    [InlineData("too long", "failed to Statfs \"{0}\": file name too long")]
    public void A_path_that_is_no_namespace_is_named_and_nothing_is_made(string what, string expected)
    {
        using var host = new Sandbox();
        var path = Path.Combine(host.Directory, "netns");
        switch (what)
        {
            case "regular file":
                File.WriteAllText(path, "");
                break;
            case "directory":
                Directory.CreateDirectory(path);
                break;
            case "fifo":
                Tool.Run("mkfifo", path);
                break;
            case "missing":
                break;
            case "below a file":
                File.WriteAllText(path, "");
                path += "/x";
                break;
            case "loop":
                File.CreateSymbolicLink(path, path);
                break;
            case "too long":
                path += new string('x', 5000);
                break;
            default:
                Assert.Fail(what);
                break;
        }

        var before = Snapshot.Of(host);
        var (code, message, _) = CniCall.Error(new CniCall(host).Run("ADD", Conf.Typical(host), "c1", path));
        Assert.Equal(999, code);
        Assert.StartsWith($"failed to open netns \"{path}\": {expected.Replace("{0}", path, StringComparison.Ordinal)}", message, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot.Of(host));
    }

    [Theory]
    [InlineData("/proc/self/status")]
    [InlineData("/proc/self/ns/mnt")]
    public void A_namespace_of_another_kind_is_refused_and_nothing_is_made(string path)
    {
        using var host = new Sandbox();
        var before = Snapshot.Of(host);
        var (code, message, details) = CniCall.Error(new CniCall(host).Run("ADD", Conf.Typical(host), "c1", path));
        Assert.Equal(999, code);
        Assert.Contains(path, message, StringComparison.Ordinal);
        Assert.Contains("EINVAL", details, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot.Of(host));
    }

    [Theory]
    [InlineData("directory", "failed to find plugin \"fake\" in path [{0}]")]
    [InlineData("dangling link", "failed to find plugin \"fake\" in path [{0}]")]
    [InlineData("empty file", "fork/exec {0}/fake: ")]
    [InlineData("not executable", "fork/exec {0}/fake: permission denied")]
    [InlineData("no interpreter", "fork/exec {0}/fake: no such file or directory")]
    [InlineData("killed", "netplugin failed with no error message: ")]
    public void An_address_plugin_that_cannot_run_is_named_and_nothing_is_made(string what, string expected)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var directory = Directory.CreateDirectory(Path.Combine(host.Directory, "bin")).FullName;
        var file = Path.Combine(directory, "fake");
        switch (what)
        {
            case "directory":
                Directory.CreateDirectory(file);
                break;
            case "dangling link":
                File.CreateSymbolicLink(file, "/nowhere");
                break;
            case "empty file":
                WriteProgram("\u0001");
                break;
            case "not executable":
                WriteProgram("#!/bin/sh\n", "600");
                break;
            case "no interpreter":
                WriteProgram("#!/nowhere/sh\n");
                break;
            case "killed":
                WriteProgram("#!/bin/sh\nkill -9 $$\n");
                break;
            default:
                Assert.Fail(what);
                break;
        }

        var before = Snapshot.Of(host, pod);
        var (code, message, _) = CniCall.Error(new CniCall(host) { CniPath = directory }.Run("ADD", Conf.Bridge(FakeIpam.Conf), "c1", pod));
        Assert.Equal(999, code);
        Assert.StartsWith(expected.Replace("{0}", directory, StringComparison.Ordinal), message, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot.Of(host, pod));

        void WriteProgram(string text, string mode = "700")
        {
            File.WriteAllText(file, text);
            Tool.Run("chmod", mode, file);
        }
    }

    [Theory]
    [InlineData("ro", "read-only file system")]
    [InlineData("size=4k,nr_inodes=4", "no space left on device")]
    public void A_disk_that_takes_no_reservation_fails_ADD_and_nothing_is_made(string options, string cause)
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var disk = Directory.CreateDirectory(Conf.LeaseDirectory(host)).FullName;
        Tool.Run("mount", "-t", "tmpfs", "-o", options, "none", disk);
        try
        {
            if (options != "ro")
                Tool.Try("sh", "-c", $"for i in 1 2 3 4 5; do : >{disk}/fill$i; done; head -c 100000 /dev/zero >{disk}/fill1");
            var before = Snapshot.Of(host, pod);
            var (code, message, _) = CniCall.Error(new CniCall(host).Run("ADD", Conf.Typical(host), "c1", pod));
            Assert.Equal(999, code);
            Assert.Contains(cause, message, StringComparison.Ordinal);
            Assert.Equal(before, Snapshot.Of(host, pod));
        }
        finally
        {
            Tool.Run("umount", disk);
        }
    }

    [Fact]
    public void Empty_and_torn_state_is_survived_and_the_attachment_leaves_nothing_more()
    {
        using var host = new Sandbox();
        var pod = host.AddPod();
        var state = Directory.CreateDirectory(Path.Combine(Conf.LeaseDirectory(host), "net1")).FullName;
        File.WriteAllText(Path.Combine(state, "last_reserved_ip.0"), "10.1.");
        File.WriteAllText(Path.Combine(state, "last_reserved_ip.1"), "");
        File.WriteAllText(Path.Combine(state, "10.1.0.2"), "");
        File.WriteAllText(Path.Combine(state, "10.1.0.3"), "other\r\net");
        File.WriteAllText(Path.Combine(state, "fd00:1::2"), "c9\r\n");
        File.WriteAllText(Path.Combine(state, "10.1.0.4"), "\0\0\0\0\0\0\0\0");
        var cni = new CniCall(host);
        var result = cni.Add(Conf.Typical(host), "c1", pod);
        cni.Check(Conf.Typical(host), result, "c1", pod);
        var addresses = result.GetProperty("ips").EnumerateArray().Select(ip => ip.GetProperty("address").GetString()!.Split('/')[0]).ToList();
        Assert.DoesNotContain("10.1.0.3", addresses);
        cni.Del(Conf.Typical(host), "c1", pod);
        Assert.All(addresses, address => Assert.DoesNotContain(address, Conf.Leases(host)));
        Assert.Contains("10.1.0.3", Conf.Leases(host));
    }
}
