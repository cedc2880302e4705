using System.Text;
using System.Text.Json;
using CniPlugins.Cni.Options;
using CniPlugins.Cni;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool.Validation;

/// <summary>Finds the problems of a configuration file and of the drop-in files that belong to it.</summary>
internal sealed class FileValidator(IReadOnlyList<string> pluginPath)
{
    private readonly List<Finding> _findings = [];

    /// <summary>All problems, in the order of the file.</summary>
    public IReadOnlyList<Finding> Validate(string file)
    {
        if (Read(file, "$") is not { } root)
            return _findings;
        var validator = new ListValidator(pluginPath);
        if (!IsList(file, root))
        {
            validator.CheckSingle(root);
            return _findings;
        }

        validator.CheckList(root, DropIns(file, root));
        CheckNeighbours(file, root);
        return _findings;
    }

    /// <summary>libcni goes by the name; other names are for files that are not installed yet.</summary>
    private static bool IsList(string file, Node root) => Path.GetExtension(file) switch
    {
        ".conflist" => true,
        ".conf" or ".json" when root.Has("plugins") && !root.Has("type") => MisnamedList(root),
        ".conf" or ".json" => false,
        _ => root.Has("plugins"),
    };

    private static bool MisnamedList(Node root)
    {
        root.Error("a list of plugins must be in a file named *.conflist; under this name it is read as one plugin");
        return true;
    }

    private List<Node> DropIns(string file, Node root)
    {
        var name = root.Text("name") ?? "";
        var only = root.Find("loadOnlyInlinedPlugins") is { } flag && (flag.Element.ValueKind == JsonValueKind.True || flag.AsText?.ToLowerInvariant() == "true");
        var directory = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, name);
        if (only || !ContainerId.IsSafe(name) || !Directory.Exists(directory))
            return [];
        return [.. Directory.EnumerateFiles(directory, "*.conf").Order(StringComparer.Ordinal)
            .Select(dropIn => Read(dropIn, $"{name}/{Path.GetFileName(dropIn)}:$")).OfType<Node>()];
    }

    /// <summary>Of two files with one network's name only the first is ever used by name.</summary>
    private void CheckNeighbours(string file, Node root)
    {
        var full = Path.GetFullPath(file);
        if (Path.GetExtension(file) != ".conflist" || root.Find("name") is not { AsText: { Length: > 0 } text } name)
            return;
        foreach (var other in new ConfigDirectory(Path.GetDirectoryName(full)!).Entries().Where(entry => entry.Path != full && entry.List?.Name == text))
        {
            // libcni looks for a name in all lists before it looks in single plugins' files.
            name.Warn(Path.GetExtension(other.Path) == ".conflist"
                ? $"{Path.GetFileName(other.Path)} has the same network name; runtimes use the first of them"
                : $"{Path.GetFileName(other.Path)} has the same network name; by that name runtimes use this file, for it is a list");
        }
    }

    private Node? Read(string file, string path)
    {
        byte[] json;
        try
        {
            json = ConfigDirectory.ReadFile(file);
        }
        catch (ConfigException e)
        {
            _findings.Add(new Finding(true, path, e.Message));
            return null;
        }

        try
        {
            var root = new Node(JsonDocument.Parse(JsonUnicode.Mend(json)).RootElement, path, _findings);
            if (root.Element.ValueKind == JsonValueKind.Object)
                return root;
            root.Error("must be an object");
        }
        catch (JsonException e)
        {
            _findings.Add(new Finding(true, Place(path, json, e), Describe(json, e)));
        }

        return null;
    }

    /// <summary>The parser's words, or the name of a character that nobody would see in them.</summary>
    private static string Describe(byte[] json, JsonException error)
    {
        var position = JsonSyntax.Position(json, error);
        var character = position < json.Length ? JsonSyntax.CharacterAt(json.AsSpan(position)) : "";
        return character.StartsWith("U+", StringComparison.Ordinal) && json[position] >= 0x80
            ? $"{character} has no place in JSON"
            : error.Message.Split(" LineNumber:")[0];
    }

    /// <summary>Line and column as an editor counts them: from 1, in characters.</summary>
    private static string Place(string path, byte[] json, JsonException error)
    {
        var line = Encoding.UTF8.GetString(json).Split('\n').ElementAtOrDefault((int)(error.LineNumber ?? 0)) ?? "";
        var before = Encoding.UTF8.GetBytes(line).AsSpan();
        var column = Encoding.UTF8.GetCharCount(before[..(int)Math.Min(error.BytePositionInLine ?? 0, before.Length)]) + 1;
        return $"{path.Replace("$", "", StringComparison.Ordinal)}line {error.LineNumber + 1}, column {column}";
    }
}
