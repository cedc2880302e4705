using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>What scripts/release.sh makes of a build: the same bytes each time, and files that work where they are unpacked.</summary>
public sealed class ReleaseTests : IDisposable
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));

    private readonly string _directory = Directory.CreateTempSubdirectory("cni-release-").FullName;

    [Fact]
    public void Two_releases_of_a_build_are_the_same_and_what_is_in_them_works()
    {
        Assert.SkipUnless(System.IO.File.Exists($"{Root}/out/bin/cnitool"), "no build: run scripts/build.sh");
        var first = Release("one");
        Assert.Equal(first, Release("other"));
        Assert.Equal(4, first.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);

        var names = Directory.CreateDirectory($"{_directory}/names").FullName;
        Tool.Run("tar", "-C", names, "-xzf", File("one", "*.tgz"));
        Assert.Equal(
            Tool.Run($"{Root}/out/bin/cni-plugins", "--list").Split('\n').Length - 1,
            Tool.Run("find", names, "-samefile", $"{names}/cni-plugins").Split('\n').Length - 2);
        var version = Tool.Run($"{Root}/scripts/version.sh").Trim();
        foreach (var name in new[] { "bridge", "cni-plugins", "calico-ipam", "cni-node", "cnitool" })
            Assert.Equal($"{name} {version} (CniPlugins)\n", Tool.Run($"{names}/{name}", "--version"));
        Assert.Contains("OpenSSL", System.IO.File.ReadAllText($"{names}/NOTICE"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_package_keeps_what_another_suite_has_and_gives_it_back()
    {
        Assert.SkipUnless(System.IO.File.Exists($"{Root}/out/bin/cnitool"), "no build: run scripts/build.sh");
        _ = Release("one");
        var (package, target) = ($"{_directory}/package", $"{_directory}/target/opt/cni/bin");
        Tool.Run("dpkg-deb", "-R", File("one", "*.deb"), package);
        Directory.CreateDirectory(target);
        System.IO.File.WriteAllText($"{target}/bridge", "another suite's");
        var scripts = $"{package}/usr/lib/cni-plugins/scripts";
        Tool.Run("env", $"DESTDIR={_directory}/target", $"{scripts}/install.sh");
        Assert.StartsWith("bridge v", Tool.Run($"{target}/bridge", "--version"), StringComparison.Ordinal);
        Tool.Run("env", $"DESTDIR={_directory}/target", $"{scripts}/install.sh", "--uninstall");
        Assert.Equal(["bridge"], Directory.GetFiles(target).Select(Path.GetFileName));
        Assert.Equal("another suite's", System.IO.File.ReadAllText($"{target}/bridge"));
        Assert.Contains("install.sh --uninstall", System.IO.File.ReadAllText($"{package}/DEBIAN/prerm"), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string Release(string name) => Tool.Run($"{Root}/scripts/release.sh", $"{_directory}/{name}");

    private string File(string release, string pattern) => Assert.Single(Directory.GetFiles($"{_directory}/{release}", pattern));
}
