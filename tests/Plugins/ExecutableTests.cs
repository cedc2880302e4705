using System.Diagnostics;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>What scripts/build.sh makes and scripts/install.sh puts into place.</summary>
public sealed class ExecutableTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));

    [Fact]
    public void Executables_need_no_library_of_the_host()
    {
        RequireBuild();
        foreach (var name in new[] { "cni-plugins", "cni-calico", "cni-node", "cnitool" })
        {
            Assert.Contains("statically linked", Tool.Run("file", "-b", $"{CniCall.OurBin}/{name}").Replace("static-pie", "statically", StringComparison.Ordinal), StringComparison.Ordinal);
            var ldd = Tool.Try("ldd", $"{CniCall.OurBin}/{name}");
            Assert.Matches("not a dynamic executable|statically linked", ldd.Output + ldd.Error);
        }
    }

    [Fact]
    public void Every_plugin_is_a_name_of_one_file_and_cnitool_is_its_own()
    {
        RequireBuild();
        var names = Tool.Run($"{CniCall.OurBin}/cni-plugins", "--list").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("bridge", names);
        var inodes = names.Append("cni-plugins").Select(name => Tool.Run("stat", "-c", "%i", $"{CniCall.OurBin}/{name}")).Distinct().ToList();
        Assert.Single(inodes);
        Assert.NotEqual(inodes[0], Tool.Run("stat", "-c", "%i", $"{CniCall.OurBin}/cnitool"));
    }

    [Fact]
    public void Installing_never_leaves_a_name_missing_or_half_written()
    {
        RequireBuild();
        var directory = Directory.CreateTempSubdirectory("cni-install-").FullName;
        try
        {
            // A checkout with two builds that take turns: the second is the first with a byte more, which ELF ignores.
            var tree = $"{directory}/tree";
            Directory.CreateDirectory($"{tree}/scripts");
            Directory.CreateDirectory($"{tree}/out/bin");
            File.Copy($"{Root}/scripts/install.sh", $"{tree}/scripts/install.sh");
            foreach (var name in new[] { "cni-plugins", "cni-calico", "cni-node", "cnitool" })
                File.Copy($"{CniCall.OurBin}/{name}", $"{tree}/out/bin/{name}");
            var target = $"{directory}/opt/cni/bin";
            Tool.Run("sh", $"{tree}/scripts/install.sh", target);

            var failures = new List<string>();
            var runs = 0;
            using var done = new ManualResetEventSlim();
            var runtime = new Thread(() =>
            {
                while (!done.IsSet)
                {
                    var version = Version($"{target}/bridge");
                    runs++;
                    if (version is not null)
                        failures.Add(version);
                }
            });
            runtime.Start();
            for (var i = 0; i < 15; i++)
            {
                File.AppendAllText($"{tree}/out/bin/cni-plugins", "x");
                Tool.Run("sh", $"{tree}/scripts/install.sh", target);
            }

            done.Set();
            runtime.Join();
            Assert.True(failures.Count == 0 && runs > 15, $"{failures.Count} of {runs} calls failed: {string.Join('\n', failures)}");
            Assert.Equal(Tool.Run("stat", "-c", "%i", $"{target}/bridge"), Tool.Run("stat", "-c", "%i", $"{target}/host-local"));
            Assert.Empty(Directory.GetFiles(target, ".*"));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Installing_the_same_again_changes_nothing()
    {
        RequireBuild();
        var target = Directory.CreateTempSubdirectory("cni-install-").FullName;
        try
        {
            Tool.Run("sh", $"{Root}/scripts/install.sh", target);
            var before = Tool.Run("stat", "-c", "%i %Y %n", $"{target}/bridge", $"{target}/cnitool");
            Tool.Run("sh", $"{Root}/scripts/install.sh", target);
            Assert.Equal(before, Tool.Run("stat", "-c", "%i %Y %n", $"{target}/bridge", $"{target}/cnitool"));
        }
        finally
        {
            Directory.Delete(target, recursive: true);
        }
    }

    /// <summary>What is wrong with a call, or null.</summary>
    private static string? Version(string path)
    {
        try
        {
            var start = new ProcessStartInfo(path) { RedirectStandardOutput = true };
            start.Environment["CNI_COMMAND"] = "VERSION";
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 && output.Contains("supportedVersions", StringComparison.Ordinal) ? null : $"exit {process.ExitCode}: {output}";
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return e.Message;
        }
    }

    private static void RequireBuild() =>
        Assert.SkipUnless(File.Exists($"{CniCall.OurBin}/cni-plugins"), "nothing built: run scripts/build.sh");
}
