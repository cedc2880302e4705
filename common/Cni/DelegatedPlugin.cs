using System.Text;
using CniPlugins.Linux;

namespace CniPlugins.Cni;

/// <summary>Another plugin that does a part of a request: found on CNI_PATH, asked with a configuration and our variables.</summary>
/// <remarks>
/// When the file found is this very executable, the answer is computed here, from the same bytes to the same bytes: a
/// fork and exec (2 ms) less, and no second semantics. Another vendor's executable has another inode and is run, as the
/// specification demands.
/// </remarks>
internal sealed class DelegatedPlugin(Request request, string type, ReadOnlyMemory<byte> conf)
{
    /// <summary>Whether the plugin is one of this executable: it knows REPAIR, and a failed ADD of it leaves nothing.</summary>
    public bool IsOurs => IsHere(Find(type, request.Environment.Path));

    private CniEnvironment Environment =>
        request is GcRequest gc ? request.Environment.WithGcStarted(gc.Started) : request.Environment;

    /// <summary>One verb; returns what the plugin printed, throws its own error.</summary>
    public byte[] Call(string command)
    {
        var path = Find(type, request.Environment.Path);
        return IsHere(path) ? CallHere(command) : CallChild(path, command);
    }

    /// <summary>A plugin's answer; its failure with its own code, message and details.</summary>
    public static byte[] Answer(int exitCode, byte[] output, byte[] error)
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

    /// <summary>The first regular file of that name in the directories, as libcni's invoke finds it; never a path out of them (CVE-2021-20206).</summary>
    public static string Find(string type, IReadOnlyList<string> directories)
    {
        if (type.Length == 0)
            throw new CniException("no plugin name provided");
        if (type.Contains('/', StringComparison.Ordinal))
            throw new CniException($"invalid plugin name: {type}");
        if (directories.Count == 0)
            throw new CniException("no paths provided", "CNI_PATH is empty");
        return directories.Select(directory => Path.Combine(directory, type)).FirstOrDefault(FileStatus.LeadsToRegular)
            ?? throw new CniException($"failed to find plugin \"{type}\" in path [{string.Join(' ', directories)}]", "CNI_PATH says where plugins are");
    }

    private bool IsHere(string path) => FileIdentity.Of(path) == FileIdentity.Of("/proc/self/exe") && request.Host.Knows(type);

    private byte[] CallHere(string command)
    {
        using var stdin = new MemoryStream(conf.ToArray(), writable: false);
        using var stdout = new MemoryStream();
        using var stderr = new MemoryStream();
        var exitCode = request.Host.Run(type, Environment.WithCommand(command), stdin, stdout, stderr);
        return Answer(exitCode, stdout.ToArray(), stderr.ToArray());
    }

    private byte[] CallChild(string path, string command)
    {
        var child = ChildProcess.Run(path, [], Environment.With(command), conf.Span);
        return Answer(child.ExitCode, child.Output, child.Error);
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
}
