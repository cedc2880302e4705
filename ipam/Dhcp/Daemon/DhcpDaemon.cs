using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using CniPlugins.Linux;

namespace CniPlugins.Ipam.Dhcp.Daemon;

/// <summary><c>dhcp daemon</c>: one process, one thread that works, for every lease of the host.</summary>
internal static class DhcpDaemon
{
    private const int Backlog = 4096;
    private const int Usage = 2;
    private const uint SocketDirectoryMode = 0x1c0; // 0700
    private const uint PidFileMode = 0x1a4; // 0644
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    /// <summary>Runs until SIGTERM or SIGINT; leases are kept, and go on with the next daemon.</summary>
    public static int Main(IReadOnlyList<string> arguments)
    {
        if (arguments is ["-h" or "--help" or "-help" or "--h", ..])
        {
            StandardError.Write(Encoding.UTF8.GetBytes(DaemonOptions.Usage));
            return 0;
        }

        DaemonOptions options;
        try
        {
            options = DaemonOptions.Parse(arguments);
        }
        catch (FormatException e)
        {
            StandardError.WriteLine($"{e.Message}\n{DaemonOptions.Usage}");
            return Usage;
        }

        try
        {
            Serve(options);
            return 0;
        }
        catch (Exception e) when (e is IErrnoException or TimeoutException or FormatException)
        {
            StandardError.WriteLine(e.Message);
            return 1;
        }
    }

    private static void Serve(DaemonOptions options)
    {
        if (options.PidFile.Length > 0 && !Path.IsPathRooted(options.PidFile))
            throw new FormatException($"Error writing pidfile \"{options.PidFile}\": path not absolute");
        DescriptorLimit.Raise();
        var directory = LeaseDirectory.Of(options.Socket);
        using var only = directory.Lock();
        using var loop = new EventLoop();
        var given = ActivationSocket.Find();
        using var listener = given ?? Listen(options.Socket);
        if (options.PidFile.Length > 0)
            DiskFile.Write(options.PidFile, Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)), PidFileMode);
        using var term = OnSignal(PosixSignal.SIGTERM, loop);
        using var interrupt = OnSignal(PosixSignal.SIGINT, loop);

        var book = new LeaseBook(new LeaseKeeping(loop, options, directory));
        book.Load();
        Welcome(loop, listener, book);
        loop.Run();
        if (given is null)
            DiskFile.Delete(options.Socket);
        if (options.PidFile.Length > 0)
            DiskFile.Delete(options.PidFile);
    }

    /// <summary>Takes connections in; after a failure (EMFILE) a moment later again, for the loop would do nothing else.</summary>
    private static void Welcome(EventLoop loop, UnixSocket listener, LeaseBook book) => loop.Watch(listener.Handle, () =>
    {
        try
        {
            while (listener.Accept() is { } socket)
                _ = new ServerConnection(loop, socket, book.Answer);
        }
        catch (LibcException e)
        {
            StandardError.WriteLine(e.Message);
            loop.Unwatch(listener.Handle);
            loop.After(AfterFailure, () => Welcome(loop, listener, book));
        }
    });

    /// <summary>Listens at a path; the socket of a daemon that was killed, at which nobody answers, is in nobody's way.</summary>
    private static UnixSocket Listen(string path)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } parent)
            DiskFile.CreateDirectories(parent, SocketDirectoryMode);
        try
        {
            return UnixSocket.Listen(path, Backlog);
        }
        catch (LibcException e) when (e.Errno is Errno.EADDRINUSE && IsStale(path))
        {
            DiskFile.Delete(path);
            return UnixSocket.Listen(path, Backlog);
        }
    }

    private static bool IsStale(string path)
    {
        try
        {
            using var answered = UnixSocket.Connect(path, TimeSpan.FromSeconds(1));
            return false;
        }
        catch (LibcException e)
        {
            return e.Errno is Errno.ECONNREFUSED;
        }
    }

    private static PosixSignalRegistration OnSignal(PosixSignal signal, EventLoop loop) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        loop.Stop();
    });
}
