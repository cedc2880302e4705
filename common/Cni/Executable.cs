using System.Text;
using CniPlugins.Cni.Options;
using CniPlugins.Linux;

namespace CniPlugins.Cni;

/// <summary>An executable that answers to many names: what its Main does with the command line, the standard streams and signals.</summary>
/// <param name="file">The executable's own name.</param>
/// <param name="names">The plugins' names that it answers to.</param>
/// <param name="find">A plugin by its name; null when there is none.</param>
internal sealed class Executable(string file, IReadOnlyList<string> names, Func<string, Plugin?> find)
{
    /// <summary>
    /// <c>--list</c> prints the names, for the scripts, <c>--version</c> the version, <c>--help</c> a plugin's options or what this is; anything else is a plugin's call, under the name in argv[0] or, where that is none, in the
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

        if (args is ["--version"] or [_, "--version"])
        {
            var asked = Path.GetFileName(Environment.GetCommandLineArgs()[0]);
            stdout.Write(Encoding.UTF8.GetBytes(BuildVersion.Of(args is [var plugins, _] ? plugins : asked)));
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

        if (args is ["--help"])
        {
            stdout.Write(Encoding.UTF8.GetBytes(Help));
            return 0;
        }

        var environment = CniEnvironment.Current;
        if (environment.Command is "DEL" or "GC")
            Termination.Ignore();
        return new PluginHost(find, BuildVersion.Text).Run(name, environment, stdin, stdout, stderr);
    }

    /// <summary>What a person reads who finds the file and wonders.</summary>
    private string Help => $"""
        {file} {BuildVersion.Text}: plugins of the Container Network Interface, in one file under many names.

        A container runtime calls a name ({string.Join(", ", names)})
        with CNI_* variables and a configuration on stdin; people use cnitool, which lies beside it.

          {file} NAME --help     a plugin's options
          {file} --list          the names
          {file} --version       the version

        """;
}
