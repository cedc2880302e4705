using CniPlugins.Cni;

namespace CniPlugins.Runtime;

/// <summary>A plugin's result together with the version it was given in, which is also the version it is handed on and printed in.</summary>
internal sealed record VersionedResult(CniResult Value, string VersionText)
{
    /// <summary>Reads a plugin's or a cached result; without a version of its own it has the given one.</summary>
    public static VersionedResult Read(ConfigObject result, string versionIfAbsent)
    {
        var version = result.String("cniVersion") is { Length: > 0 } own ? own : versionIfAbsent.Length > 0 ? versionIfAbsent : CniVersion.V010.Text;
        return new VersionedResult(ResultReader.Read(result, version), version);
    }

    /// <summary>The document a program that called us expects.</summary>
    public byte[] ToBytes() => ResultWriter.Write(Value, CniVersion.Parse(VersionText));

    /// <summary>The result as a member of another document.</summary>
    public void Write(JsonWriter writer) => ResultWriter.Write(writer, Value, CniVersion.Parse(VersionText), VersionText);

    /// <summary>The same result in another version's shape; an empty version is 0.1.0.</summary>
    public VersionedResult As(string version) => this with { VersionText = CniVersion.Parse(version).Text };
}
