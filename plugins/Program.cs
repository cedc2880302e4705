using CniPlugins.Bridge;
using CniPlugins.Cni;
using CniPlugins.Ipam.HostLocal;
using CniPlugins.Linux;
using CniPlugins.Loopback;
using Microsoft.Win32.SafeHandles;

namespace CniPlugins;

/// <summary>One executable that answers to the name of every plugin: the table of contents of the suite.</summary>
internal static class Program
{
    private static ReadOnlySpan<string> Names => new[] { "bridge", "host-local", "loopback" };

    private static Plugin? Find(string name) => name switch
    {
        "bridge" => new BridgePlugin(),
        "host-local" => new HostLocalPlugin(),
        "loopback" => new LoopbackPlugin(),
        _ => null,
    };

    public static int Main(string[] args)
    {
        using var stdin = Open(Libc.STDIN_FILENO, FileAccess.Read);
        using var stdout = Open(Libc.STDOUT_FILENO, FileAccess.Write);
        using var stderr = Open(Libc.STDERR_FILENO, FileAccess.Write);
        if (args is ["--list"])
        {
            foreach (var each in Names)
                stdout.Write(System.Text.Encoding.UTF8.GetBytes(each + "\n"));
            return 0;
        }

        var called = Path.GetFileName(Environment.GetCommandLineArgs()[0]);
        var name = Find(called) is null && args is [var first, ..] ? first : called;
        var environment = CniEnvironment.Current;
        if (environment.Command is "DEL" or "GC")
            Termination.Ignore();
        return new PluginHost(Find, "v0.1.0").Run(name, environment, stdin, stdout, stderr);
    }

    private static FileStream Open(int fd, FileAccess access) => new(new SafeFileHandle(fd, ownsHandle: false), access, bufferSize: 0);
}
