using System.Text;
using CniPlugins.Linux;

namespace CniPlugins.Tests.Faults;

/// <summary>A host of the bench's own: a network namespace, a directory, and pods.</summary>
internal sealed class Host : IDisposable
{
    private readonly Netns _netns;
    private int _pods;

    public Host()
    {
        Name = $"faults{Environment.ProcessId}x{Guid.NewGuid().ToString("N")[..6]}";
        Directory = System.IO.Directory.CreateDirectory($"/run/{Name}").FullName;
        Command("ip", "netns", "add", Name);
        _netns = Netns.Open($"/run/netns/{Name}");
        InHost("ip", "link", "set", "lo", "up");
    }

    public string Name { get; }

    /// <summary>Where the plugins of this host keep their state.</summary>
    public string Directory { get; }

    /// <summary>ip netns add; its path.</summary>
    public string AddPod()
    {
        var name = $"{Name}p{++_pods}";
        Command("ip", "netns", "add", name);
        return $"/run/netns/{name}";
    }

    /// <summary>ip netns del.</summary>
    public static void RemovePod(string path) => Command("ip", "netns", "del", Path.GetFileName(path));

    /// <summary>Runs a program in the host's namespace; its environment is nothing but this.</summary>
    public ChildProcess Run(IReadOnlyList<string> command, IReadOnlyList<string> environment, string input) =>
        _netns.Run(() => ChildProcess.Run(command[0], [.. command.Skip(1)], environment, Encoding.UTF8.GetBytes(input)));

    /// <summary>A program's output in the host's namespace.</summary>
    public string InHost(params string[] command) => _netns.Run(() => Command(command));

    /// <summary>Something in the host's namespace.</summary>
    public T InHost<T>(Func<T> inside) => _netns.Run(inside);

    public void Dispose()
    {
        _netns.Dispose();
        foreach (var netns in System.IO.Directory.GetFiles("/run/netns", $"{Name}*"))
            RemovePod(netns);
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    /// <summary>A program's output; throws unless it succeeds.</summary>
    public static string Command(params string[] command)
    {
        var path = new[] { "/usr/sbin", "/usr/bin", "/sbin", "/bin" }.Select(directory => Path.Combine(directory, command[0])).First(File.Exists);
        var child = ChildProcess.Run(path, [.. command.Skip(1)], ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], []);
        return child.ExitCode == 0
            ? Encoding.UTF8.GetString(child.Output)
            : throw new InvalidOperationException($"{string.Join(' ', command)}: {Encoding.UTF8.GetString(child.Error)}");
    }
}
