using System.Text.Json;
using CniPlugins.Cni.Options;

namespace CniPlugins.Cni;

/// <summary>The network configuration from stdin: the fields every plugin knows, and the rest for the plugin's own config record.</summary>
internal sealed class NetConf
{
    private NetConf(ReadOnlyMemory<byte> bytes, ConfigObject root, string name)
    {
        Bytes = bytes;
        Root = root;
        Name = name;
    }

    /// <summary>The document exactly as it came: a delegate gets the same bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    public ConfigObject Root { get; }

    /// <summary>The network's name, safe in a path.</summary>
    public string Name { get; }

    /// <summary>cniVersion as written; empty when absent.</summary>
    public string VersionText { get; private init; } = "";

    /// <summary>cniVersion as a value; absent means 0.1.0.</summary>
    public CniVersion Version { get; private set; } = CniVersion.V010;

    public string Type => Root.String("type") ?? "";

    /// <summary>ipam.type, empty for a plugin that gives no addresses.</summary>
    public string IpamType => Root.Object("ipam")?.String("type") ?? "";

    /// <summary>The dns section; empty when absent.</summary>
    public Dns Dns => DnsOptions.Read(new OptionReader(Root));

    public ConfigObject? RuntimeConfig => Root.Object("runtimeConfig");

    /// <summary>args.cni, where runtimes may put per-container wishes.</summary>
    public ConfigObject? CniArgs => Root.Object("args")?.Object("cni");

    /// <summary>Decodes what every verb needs before anything else: codes 6 and 7 (cni/pkg/skel).</summary>
    public static NetConf Parse(ReadOnlyMemory<byte> bytes)
    {
        ConfigObject root;
        string? name;
        try
        {
            root = ConfigObject.Parse(bytes);
            name = root.String("name");
        }
        catch (ConfigException e)
        {
            throw new CniException(CniErrorCode.DecodingFailure, $"error unmarshall network config: {e.Message}", "", e);
        }

        if (string.IsNullOrEmpty(name))
            throw new CniException(CniErrorCode.InvalidNetworkConfig, "missing network name");
        if (!ContainerId.IsSafe(name))
            throw new CniException(CniErrorCode.InvalidNetworkConfig, "invalid characters found in network name", name);
        try
        {
            return new NetConf(bytes, root, name) { VersionText = root.String("cniVersion") ?? "" };
        }
        catch (ConfigException e)
        {
            throw new CniException(CniErrorCode.DecodingFailure, $"decoding version from network config: {e.Message}", "", e);
        }
    }

    /// <summary>
    /// Agrees on a version for the verb (cni/pkg/skel): the config's must be one of the plugin's, and new enough for CHECK (0.4.0), GC and STATUS
    /// (1.1.0). Codes 1 and 6. DEL takes away what is owned whatever the version says: a plugin that could not serve ADD must not keep what the others of the
    /// chain have made.
    /// </summary>
    public void Negotiate(Verb verb, IReadOnlyList<CniVersion> supported)
    {
        var least = verb switch { Verb.Check => CniVersion.V040, Verb.Gc or Verb.Status => CniVersion.V110, _ => null };
        if (least is not null)
        {
            var version = CniVersion.Parse(VersionText);
            var name = verb.ToString().ToUpperInvariant();
            if (version < least)
                throw new CniException(CniErrorCode.IncompatibleVersion, $"config version does not allow {name}");
            if (supported.All(s => version > s))
                throw new CniException(CniErrorCode.IncompatibleVersion, $"plugin version does not allow {name}");
        }

        var text = VersionText.Length == 0 ? "0.1.0" : VersionText;
        Version = supported.FirstOrDefault(s => s.Text == text) ?? (verb is Verb.Del ? supported[^1] : null) ?? throw new CniException(
            CniErrorCode.IncompatibleVersion,
            "incompatible CNI versions",
            $"config is \"{text}\", plugin supports [{string.Join(' ', supported.Select(s => $"\"{s}\""))}]");
    }

    /// <summary>
    /// Decodes the fields that every plugin knows, used or not, as upstream does: a wrong one is found before anything is made. Throws code 999.
    /// </summary>
    public void RequireDecodable()
    {
        try
        {
            _ = Type;
            _ = IpamType;
            _ = Dns;
            _ = RuntimeConfig;
            _ = CniArgs;
            _ = Root.Object("prevResult");
            _ = ValidAttachments();
            foreach (var capability in Root.Object("capabilities")?.Element.EnumerateObject() ?? default)
            {
                if (capability.Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null))
                    _ = Root.Object("capabilities")!.Bool(capability.Name); // which says what is wrong
            }
        }
        catch (ConfigException e)
        {
            throw CniException.Because("failed to load netconf", e);
        }
    }

    /// <summary>The result of the plugins before this one, or null; throws code 999 in upstream's words when it cannot be read.</summary>
    public CniResult? PreviousResult()
    {
        if (Root.Find("prevResult") is not { } previous)
            return null;
        try
        {
            var result = ConfigObject.From(previous, ".prevResult")!;
            var version = result.String("cniVersion") is { Length: > 0 } own ? own : VersionText;
            var family = ResultReader.FamilyOf(VersionText);
            return family.Contains(version.Length == 0 ? "0.1.0" : version)
                ? ResultReader.Read(result, version)
                : throw new CniException(
                    $"could not parse prevResult: result type supports [{string.Join(' ', family)}] but unmarshalled CNIVersion is \"{version}\"");
        }
        catch (ConfigException e)
        {
            throw CniException.Because("could not parse prevResult", e);
        }
    }

    /// <summary>
    /// The attachments that GC must spare, under either spelling of the key; an empty list spares none; null when the runtime gave no list, and
    /// then nothing may be collected.
    /// </summary>
    public IReadOnlyList<Attachment>? ValidAttachments()
    {
        var list = Root.Objects("cni.dev/valid-attachments") ?? Root.Objects("cni.dev/attachments");
        return list?.Select(a => new Attachment(a.String("containerID") ?? "", a.String("ifname") ?? "")).ToList();
    }
}
