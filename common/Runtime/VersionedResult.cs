using CniPlugins.Cni;

namespace CniPlugins.Runtime;

/// <summary>A plugin's result together with the version it was given in, which is also the version it is handed on and printed in.</summary>
internal sealed record VersionedResult(CniResult Value, string VersionText)
{
    /// <summary>
    /// Whether it came without addresses in a shape that is nothing but addresses (0.2.0 and older): upstream's loopback answers so, and libcni hands it on.
    /// </summary>
    private bool IsBare { get; init; }

    /// <summary>Reads a plugin's or a cached result; without a version of its own it has the given one.</summary>
    public static VersionedResult Read(ConfigObject result, string versionIfAbsent)
    {
        var version = result.String("cniVersion") is { Length: > 0 } own ? own : versionIfAbsent.Length > 0 ? versionIfAbsent : CniVersion.V010.Text;
        var value = ResultReader.Read(result, version);
        return new VersionedResult(value, version) { IsBare = value.Ips.Count == 0 && CniVersion.Parse(version) < CniVersion.V030 };
    }

    /// <summary>The document a program that called us expects.</summary>
    public byte[] ToBytes() => JsonText.Write(Write);

    /// <summary>The result as a member of another document.</summary>
    public void Write(JsonWriter writer) => ResultWriter.Write(writer, Value, CniVersion.Parse(VersionText), VersionText, IsBare);

    /// <summary>The same result in another version's shape; an empty version is 0.1.0.</summary>
    public VersionedResult As(string version) => this with { VersionText = CniVersion.Parse(version).Text };
}
