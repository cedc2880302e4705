using System.Text;
using System.Text.Json;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Cnitool.Addresses;
using CniPlugins.Cnitool.Validation;
using CniPlugins.Runtime;
using CniPlugins.Tuning;

namespace CniPlugins.Fuzz.Targets;

/// <summary>Configurations, results, and what a runtime remembers.</summary>
internal static class JsonTargets
{
    private static readonly CniVersion[] Shapes = [CniVersion.V110, CniVersion.V040, CniVersion.V010];

    public static IReadOnlyList<Target> List { get; } =
    [
        new("config", Grammar.Json, "conf", ReadEverything, typeof(ConfigException)),
        new("netconf", Grammar.Json, "conf", ReadNetConf, typeof(CniException), typeof(ConfigException)),
        new("result", Grammar.Json, "result", ReadResult, typeof(ConfigException), typeof(CniException)) { Share = 15 },
        new("conflist", Grammar.Json, "conflist", input => NetworkList.Parse(input), typeof(ConfigException)),
        new("validate", Grammar.Json, "conflist", Validate),
        new("cache", Grammar.Json, "cache", ReadCache, typeof(ConfigException), typeof(CniException)) { Share = 15 },
        new("report", Grammar.Json, "report", input => Report.Parse(input, "f"), typeof(CniException)) { Share = 3 },
        new("backup", Grammar.Json, "backup", input => LinkSettings.Parse(Encoding.UTF8.GetBytes(LinkSettings.Parse(input).ToJson())), typeof(ConfigException)) { Share = 3 },
        new("writer", Grammar.Text, "text", WriteText) { Share = 3 },
    ];

    /// <summary>Every way to read every member, whatever it is.</summary>
    private static void ReadEverything(byte[] input) => ReadEverything(ConfigObject.Parse(input), depth: 0);

    private static void ReadEverything(ConfigObject json, int depth)
    {
        foreach (var key in new[] { "name", "ipam", "mtu", "ranges", "routes", "plugins", "sysctl", "type", "prevResult", "ips", "dns" })
        {
            Action[] ways =
            [
                () => json.String(key), () => json.Bool(key), () => json.Int(key), () => json.Long(key), () => json.Unsigned(key), () => json.Strings(key), () => json.TextsByKey(key), () => json.Objects(key),
                () => json.ObjectLists(key), () => json.Address(key), () => json.Cidr(key),
            ];
            foreach (var way in ways)
                Allow<ConfigException>(way);
            Allow<ConfigException>(() =>
            {
                if (depth < 8 && json.Object(key) is { } inner)
                    ReadEverything(inner, depth + 1);
            });
        }
    }

    private static void ReadNetConf(byte[] input)
    {
        var conf = NetConf.Parse(input);
        Allow<CniException>(() => conf.PreviousResult());
        Allow<ConfigException>(() => conf.ValidAttachments());
        foreach (var verb in Enum.GetValues<Verb>())
            Allow<CniException>(() => conf.Negotiate(verb, CniVersion.All));
        conf.RequireDecodable();
    }

    /// <summary>What was read is written so that it reads the same.</summary>
    private static void ReadResult(byte[] input)
    {
        var result = ResultReader.Read(input, "1.1.0");
        foreach (var shape in Shapes)
        {
            Allow<CniException>(() =>
            {
                var written = ResultWriter.Write(result, shape);
                var again = ResultWriter.Write(ResultReader.Read(written, ""), shape);
                ViolationException.Unless(written.AsSpan().SequenceEqual(again), $"a result of {shape.Text} is not read as it was written");
            });
        }
    }

    private static void ReadCache(byte[] input)
    {
        var entry = CachedAttachment.Parse(input);
        var written = entry.ToBytes();
        if (entry.NetworkName.Length > 0)
            ViolationException.Unless(CachedAttachment.Parse(written).ToBytes().AsSpan().SequenceEqual(written), "a cache entry is not read as it was written");
    }

    private static void Validate(byte[] input)
    {
        JsonElement root;
        try
        {
            root = JsonDocument.Parse(JsonUnicode.Mend(input)).RootElement;
        }
        catch (JsonException)
        {
            return;
        }

        var findings = new List<Finding>();
        var node = new Node(root, "$", findings);
        if (root.ValueKind != JsonValueKind.Object)
            return;
        new ListValidator([]).CheckList(node, []);
        new ListValidator([]).CheckSingle(node);
    }

    /// <summary>Any text is written so that another reader reads it.</summary>
    private static void WriteText(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        var json = JsonText.Write(writer => writer.WriteStringValue(text));
        using var document = JsonDocument.Parse(json);
        ViolationException.Unless(document.RootElement.GetString() == text, "a text is not read as it was written");
    }

    private static void Allow<T>(Action action)
        where T : Exception
    {
        try
        {
            action();
        }
        catch (T)
        {
            // A refusal, as it should be.
        }
    }
}
