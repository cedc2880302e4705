using System.Text;
using CniPlugins.Linux;

namespace CniPlugins.Cni;

/// <summary>The address plugin that a network's configuration names: found on CNI_PATH and asked with the same bytes and variables as we were.</summary>
/// <remarks>
/// When the file found is this very executable, the answer is computed here, from the same bytes to the same bytes: a fork and exec (2 ms) less, and
/// no second semantics. Another vendor's executable has another inode and is run, as the specification demands.
/// </remarks>
internal sealed class Ipam(Request request)
{
    private string Type => request.Conf.IpamType;

    private CniEnvironment Environment => request is GcRequest gc ? request.Environment.WithGcStarted(gc.Started) : request.Environment;

    /// <summary>Reserves addresses; throws the delegate's own error.</summary>
    public CniResult Add()
    {
        byte[] output;
        try
        {
            output = Call("ADD");
        }
        catch (Exception e) when (e is LibcException or TimeoutException)
        {
            GiveBack();
            throw;
        }

        try
        {
            return WithoutMarks(ResultReader.Read(output, request.Conf.VersionText));
        }
        catch (Exception e) when (e is ConfigException or CniException)
        {
            GiveBack();
            throw CniException.Because("failed to unmarshal raw result", e);
        }
    }

    /// <summary>
    /// Calico's address plugin names each address again as a route's destination, to tell Calico's main plugin that a way to it is wanted; nobody else
    /// can make a route of that.
    /// </summary>
    private static CniResult WithoutMarks(CniResult result) =>
        result with { Routes = [.. result.Routes.Where(route => route.Gateway is not null || result.Ips.All(ip => ip.Address != route.Destination))] };

    public void Check() => Call("CHECK");

    public void Del() => Call("DEL");

    public void Gc() => Call("GC");

    public void Status() => Call("STATUS");

    /// <summary>An answer that cannot be read may stand for a reservation all the same.</summary>
    private void GiveBack()
    {
        try
        {
            Del();
        }
        catch (Exception e) when (e is CniException or LibcException or TimeoutException)
        {
            StandardError.WriteLine($"while giving back what {Type} may have reserved: {e.Message}");
        }
    }

    private byte[] Call(string command)
    {
        var path = Find(Type, request.Environment.Path);
        return FileIdentity.Of(path) == FileIdentity.Of("/proc/self/exe") && request.Host.Knows(Type)
            ? CallHere(command)
            : CallChild(path, command);
    }

    private byte[] CallHere(string command)
    {
        using var stdin = new MemoryStream(request.Conf.Bytes.ToArray(), writable: false);
        using var stdout = new MemoryStream();
        using var stderr = new MemoryStream();
        var exitCode = request.Host.Run(Type, Environment.WithCommand(command), stdin, stdout, stderr);
        return Answer(exitCode, stdout.ToArray(), stderr.ToArray());
    }

    private byte[] CallChild(string path, string command)
    {
        var child = ChildProcess.Run(path, [], Environment.With(command), request.Conf.Bytes.Span);
        return Answer(child.ExitCode, child.Output, child.Error);
    }

    /// <summary>The delegate's answer; its failure with its own code, message and details (protocol.md 6).</summary>
    internal static byte[] Answer(int exitCode, byte[] output, byte[] error)
    {
        if (exitCode == 0)
        {
            if (error.Length > 0)
                StandardError.Write(error);
            return output;
        }

        if (output.Length == 0)
        {
            throw error.Length == 0
                ? new CniException($"netplugin failed with no error message: exit status {exitCode}")
                : new CniException($"netplugin failed: \"{Encoding.UTF8.GetString(error).Trim()}\": exit status {exitCode}");
        }

        throw ReadError(output);
    }

    private static CniException ReadError(byte[] output)
    {
        try
        {
            var document = ConfigObject.Parse(output);
            return new CniException((CniErrorCode)(document.Int("code") ?? 0), document.String("msg") ?? "", document.String("details") ?? "");
        }
        catch (ConfigException e)
        {
            return new CniException((CniErrorCode)0, $"netplugin failed but error parsing its diagnostic message \"{Encoding.UTF8.GetString(output)}\": {e.Message}");
        }
    }

    /// <summary>The first regular file of that name in the directories, as libcni's invoke finds it; never a path out of them (CVE-2021-20206).</summary>
    public static string Find(string type, IReadOnlyList<string> directories)
    {
        if (type.Length == 0)
            throw new CniException("no plugin name provided");
        if (type.Contains('/', StringComparison.Ordinal))
            throw new CniException($"invalid plugin name: {type}");
        if (directories.Count == 0)
            throw new CniException("no paths provided");
        return directories.Select(directory => Path.Combine(directory, type)).FirstOrDefault(FileIdentity.IsRegular)
            ?? throw new CniException($"failed to find plugin \"{type}\" in path [{string.Join(' ', directories)}]");
    }
}
