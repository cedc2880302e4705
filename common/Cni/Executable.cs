using System.Text;
using CniPlugins.Cni.Options;
using CniPlugins.Linux;

namespace CniPlugins.Cni;

/// <summary>An executable that answers to many names: what its Main does with the command line, the standard streams and signals.</summary>
internal sealed class Executable(IReadOnlyList<string> names, Func<string, Plugin?> find, string version)
{
    /// <summary>
    /// <c>--list</c> prints the names, for the scripts, <c>--help</c> a plugin's options; anything else is a plugin's call, under the name in argv[0] or, where that is none, in the
    /// first argument. <paramref name="options"/> answers what is neither (null: it is a call after all).
    /// </summary>
    public int Run(string[] args, Func<string[], Stream, int?>? options = null)
    {
        DescriptorStream.OccupyStandardStreams();
        using var stdin = DescriptorStream.StandardInput();
        using var stdout = DescriptorStream.StandardOutput();
        using var stderr = DescriptorStream.StandardError();
        if (args is ["--list"])
        {
            foreach (var each in names)
                stdout.Write(Encoding.UTF8.GetBytes(each + "\n"));
            return 0;
        }

        if (options?.Invoke(args, stderr) is { } exitCode)
            return exitCode;
        var called = Path.GetFileName(Environment.GetCommandLineArgs()[0]);
        var name = find(called) is null && args is [var first, ..] ? first : called;
        if (args is [.., "--help"] && find(name) is { } plugin)
        {
            stdout.Write(Encoding.UTF8.GetBytes(OptionText.Of(name, plugin)));
            return 0;
        }

        var environment = CniEnvironment.Current;
        if (environment.Command is "DEL" or "GC")
            Termination.Ignore();
        return new PluginHost(find, version).Run(name, environment, stdin, stdout, stderr);
    }
}
