using System.Globalization;
using System.Text;
using CniPlugins.Cni;
using CniPlugins.Linux;

namespace CniPlugins.Runtime;

/// <summary>Finds plugins in the directories of CNI_PATH and runs them as children.</summary>
/// <param name="environment">What the children get besides the CNI_* variables: tracing context, PATH and whatever else the caller has.</param>
internal sealed class PluginRunner(IReadOnlyList<string> directories, IReadOnlyDictionary<string, string> environment)
{
    public IReadOnlyList<string> Directories => directories;

    /// <summary>The executable of a plugin type; throws libcni's error when there is none.</summary>
    public string Find(string type) => Ipam.Find(type, directories);

    /// <summary>Runs one verb and returns the plugin's stdout; its failure is thrown with its own code, message and details.</summary>
    public byte[] Run(string path, string command, RuntimeAttachment attachment, byte[] request) =>
        Run(path, attachment.Variables(command, directories), request);

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

    /// <summary>The versions a plugin says it speaks (VERSION).</summary>
    public IReadOnlyList<string> Versions(string type)
    {
        try
        {
            // libcni's own words for variables that some plugins insist on even here (protocol.md 1.7).
            var variables = new RuntimeAttachment("", "dummy", "dummy").Variables("VERSION", ["dummy"]);
            return ReadVersions(Run(Find(type), variables, """{"cniVersion":"1.1.0"}"""u8.ToArray()));
        }
        catch (CniException e) when (e.Message == "unknown CNI_COMMAND: VERSION")
        {
            return [CniVersion.V010.Text];
        }
    }

    private byte[] Run(string path, IEnumerable<KeyValuePair<string, string>> variables, byte[] request)
    {
        var all = new Dictionary<string, string>(environment);
        foreach (var (name, value) in variables)
            all[name] = value;
        var child = ChildProcess.Run(path, [], [.. all.Select(variable => $"{variable.Key}={variable.Value}")], request);
        return Ipam.Answer(child.ExitCode, child.Output, child.Error);
    }

    private static IReadOnlyList<string> ReadVersions(byte[] output)
    {
        try
        {
            var answer = ConfigObject.Parse(output);
            var newest = answer.String("cniVersion") is { Length: > 0 } version ? version : throw new ConfigException("missing field cniVersion");
            return answer.Strings("supportedVersions") is { Count: > 0 } versions ? versions
                : newest == "0.2.0" ? ["0.1.0", "0.2.0"]
                : throw new ConfigException("missing field supportedVersions");
        }
        catch (ConfigException e)
        {
            throw new CniException($"decoding version info: {e.Message}", Encoding.UTF8.GetString(output).Trim());
        }
    }
}
