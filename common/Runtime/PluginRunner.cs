using System.Diagnostics;
using System.Globalization;
using CniPlugins.Cni;
using CniPlugins.Linux;

namespace CniPlugins.Runtime;

/// <summary>Finds plugins in the directories of CNI_PATH and runs them as children.</summary>
/// <param name="environment">What the children get besides the CNI_* variables: tracing context, PATH and whatever else the caller has.</param>
internal sealed class PluginRunner(IReadOnlyList<string> directories, IReadOnlyDictionary<string, string> environment)
{
    /// <summary>Is told of every call when it is over; of one that could not be started, it is not.</summary>
    public Action<PluginCall>? Observer { get; init; }

    /// <summary>The executable of a plugin type; throws libcni's error when there is none.</summary>
    public string Find(string type) => DelegatedPlugin.Find(type, directories);

    /// <summary>Runs one verb and returns the plugin's stdout; its failure is thrown with its own code, message and details.</summary>
    public byte[] Run(string path, string command, RuntimeAttachment attachment, byte[] request) =>
        Run(path, attachment.Variables(command, directories), request);

    /// <summary>VERSION: whether a plugin says that it knows a version of the specification.</summary>
    public bool Knows(string type, CniVersion version)
    {
        var path = Find(type);
        try
        {
            var answer = ConfigObject.Parse(Run(path, RuntimeAttachment.None.Variables("VERSION", directories), []));
            return answer.Strings("supportedVersions")?.Contains(version.Text) == true;
        }
        catch (Exception e) when (e is CniException or ConfigException)
        {
            return false;
        }
    }

    /// <summary>When our own caller says that it made its list of attachments, to be handed on (<see cref="CniEnvironment.GcStarted"/>).</summary>
    public long? GcStarted => new CniEnvironment(environment).GcStarted;

    /// <summary>GC, told when the caller began (CLOCK_BOOTTIME, ns): attachments that were made since are not on its list.</summary>
    public byte[] Gc(string type, long started, byte[] request) => Run(
        Find(type),
        [
            .. RuntimeAttachment.None.Variables("GC", directories),
            new(CniEnvironment.GcStartedName, started.ToString(CultureInfo.InvariantCulture)),
        ],
        request);

    private byte[] Run(string path, IEnumerable<KeyValuePair<string, string>> variables, byte[] request)
    {
        var all = new Dictionary<string, string>(environment);
        foreach (var (name, value) in variables)
            all[name] = value;
        var started = Stopwatch.GetTimestamp();
        var child = ChildProcess.Run(path, [], [.. all.Select(variable => $"{variable.Key}={variable.Value}")], request);
        Observer?.Invoke(new PluginCall(
            Path.GetFileName(path), all["CNI_COMMAND"], started, Stopwatch.GetElapsedTime(started), request, child.ExitCode, child.Output, child.Error));
        return DelegatedPlugin.Answer(child.ExitCode, child.Output, child.Error);
    }
}
