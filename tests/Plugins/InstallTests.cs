using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>scripts/install.sh on a node that has another suite already: nothing of that is lost, and uninstalling brings it back.</summary>
public sealed class InstallTests : IDisposable
{
    private static readonly string Scripts = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "scripts"));

    private readonly string _root = Directory.CreateTempSubdirectory("cni-install-").FullName;

    public InstallTests() =>
        Assert.SkipUnless(File.Exists($"{CniCall.OurBin}/cni-plugins"), "nothing built: run scripts/build.sh");

    private string Bin => $"{_root}/opt/cni/bin";

    [Fact]
    public void Uninstalling_puts_back_what_was_replaced_and_leaves_what_was_never_ours()
    {
        Foreign("bridge", "flannel", "calico", "calico-ipam", "sriov");
        File.CreateSymbolicLink($"{Bin}/portmap", "../../../usr/lib/cni/portmap");
        var before = State();

        var (_, _, said) = Install();
        Assert.Contains("bridge is another suite's: kept in", said, StringComparison.Ordinal);
        Assert.Contains("calico-ipam is another suite's: left alone", said, StringComparison.Ordinal);
        Assert.Equal(["calico", "calico-ipam", "sriov"], Directory.GetFiles(Bin).Where(IsForeign).Select(Path.GetFileName).Order());
        Assert.Equal(["bridge", "flannel", "portmap"], Directory.GetFiles($"{Bin}/.cni-plugins/replaced").Select(Path.GetFileName).Order());
        Install();
        Assert.Equal(["bridge", "flannel", "portmap"], Directory.GetFiles($"{Bin}/.cni-plugins/replaced").Select(Path.GetFileName).Order());

        var (code, output, error) = Install("--uninstall");
        Assert.True(code == 0 && error.Length == 0, error);
        Assert.Contains("put back: bridge flannel portmap\n", output, StringComparison.Ordinal);
        Assert.Equal(before, State());
        Assert.False(Directory.Exists($"{Bin}/.cni-plugins"));
        Assert.Equal((1, $"not installed in {Bin}\n"), (Install("--uninstall").ExitCode, Install("--uninstall").Error));
    }

    [Fact]
    public void Calicos_names_are_replaced_when_told_and_put_back_too()
    {
        Foreign("calico-ipam");
        var before = State();
        Install("--calico");
        Assert.False(IsForeign($"{Bin}/calico-ipam"));
        Install();
        Assert.False(IsForeign($"{Bin}/calico-ipam"));
        Install("--uninstall");
        Assert.Equal(before, State());
    }

    [Fact]
    public void An_update_of_ours_is_nobody_elses_and_what_somebody_put_over_ours_stays()
    {
        Foreign("bridge");
        Install();
        File.AppendAllText($"{Bin}/.cni-plugins/installed", Sum($"{Bin}/sriov", "an older one of ours"));
        var (_, _, said) = Install();
        Assert.DoesNotContain("sriov", said, StringComparison.Ordinal);

        Foreign("ptp");
        var (code, _, error) = Install("--uninstall");
        Assert.Equal(0, code);
        Assert.Equal(["bridge", "ptp"], Directory.GetFiles(Bin).Select(Path.GetFileName).Order());
        Assert.Empty(error);
    }

    [Fact]
    public void A_lost_x_bit_is_given_back()
    {
        Install();
        File.SetUnixFileMode($"{Bin}/bridge", UnixFileMode.UserRead);
        File.SetUnixFileMode($"{Bin}/cnitool", UnixFileMode.UserRead);
        Install();
        const UnixFileMode x = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        foreach (var name in new[] { "bridge", "host-local", "calico-ipam", "cnitool" })
            Assert.True(File.GetUnixFileMode($"{Bin}/{name}").HasFlag(x), name);
    }

    [Fact]
    public void The_whole_is_put_below_DESTDIR()
    {
        var reply = Tool.Try("env", $"DESTDIR={_root}", "sh", $"{Scripts}/install.sh");
        Assert.True(reply.ExitCode == 0, reply.Error);
        Assert.True(File.Exists($"{Bin}/bridge"));
        Assert.Equal(0, Tool.Try("env", $"DESTDIR={_root}", "sh", $"{Scripts}/install.sh", "--uninstall").ExitCode);
        Assert.Empty(Directory.GetFileSystemEntries(Bin));
    }

    [Theory]
    [InlineData("--help", 0)]
    [InlineData("-h", 0)]
    [InlineData("--unistall", 2)]
    [InlineData("/a /b", 2)]
    public void What_is_not_understood_does_nothing(string options, int expected)
    {
        var reply = Tool.Try("sh", [$"{Scripts}/install.sh", .. options.Split(' ')]);
        Assert.Equal(expected, reply.ExitCode);
        Assert.Contains("install.sh --uninstall [DIRECTORY]", expected == 0 ? reply.Output : reply.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists("/a") || Directory.Exists("--unistall"));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private (int ExitCode, string Output, string Error) Install(params string[] options)
    {
        var reply = Tool.Try("sh", [$"{Scripts}/install.sh", .. options, Bin]);
        return (reply.ExitCode, reply.Output, reply.Error);
    }

    private void Foreign(params string[] names)
    {
        Directory.CreateDirectory(Bin);
        foreach (var name in names)
        {
            File.Delete($"{Bin}/{name}");
            File.WriteAllText($"{Bin}/{name}", $"another suite's {name}");
        }
    }

    private static bool IsForeign(string path) => new FileInfo(path).Length < 1000;

    private static string Sum(string path, string content)
    {
        File.WriteAllText(path, content);
        return Tool.Run("sha256sum", path)[..64] + "\n";
    }

    private string State() => Tool.Run("find", Bin, "-mindepth", "1", "-not", "-type", "l", "-printf", "%P %i\n", "-o", "-type", "l", "-printf", "%P %l\n");
}
