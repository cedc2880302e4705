using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CniPlugins.Kubernetes;

/// <summary>One kubeconfig file as YAML, of which JSON is a part: maps, lists and texts.</summary>
internal sealed class KubeconfigDocument
{
    private readonly YamlMappingNode _root;

    private KubeconfigDocument(YamlMappingNode root) => _root = root;

    /// <summary>Reads a file's text; throws <see cref="KubeconfigException"/> that says where it makes no sense.</summary>
    public static KubeconfigDocument Parse(string path, string text)
    {
        var stream = new YamlStream();
        try
        {
            using var reader = new StringReader(text);
            stream.Load(reader);
        }
        catch (YamlException e)
        {
            // What stands there may be a key or a token: the place is told, the text is not.
            throw new KubeconfigException($"{path}: line {e.Start.Line}: this is no YAML", "kubectl config view shows what a kubeconfig looks like");
        }

        return stream.Documents switch
        {
            [] => new KubeconfigDocument([]),
            [{ RootNode: YamlMappingNode root }, ..] => new KubeconfigDocument(root),
            _ => throw new KubeconfigException($"{path} is no kubeconfig: a map is expected", "kubectl config view shows what a kubeconfig looks like"),
        };
    }

    /// <summary>A text at the top (<c>current-context</c>); empty when it is not there.</summary>
    public string Text(string key) => Text(_root, key);

    /// <summary>The named entry of a list: <c>clusters: [{name: …, cluster: {…}}]</c>; null when there is none of that name.</summary>
    public YamlMappingNode? Named(string list, string entry, string name)
    {
        foreach (var item in Child(_root, list) as YamlSequenceNode ?? [])
        {
            if (item is YamlMappingNode named && Text(named, "name") == name)
                return Child(named, entry) as YamlMappingNode ?? [];
        }

        return null;
    }

    /// <summary>A text of a map; empty when it is not there or is none.</summary>
    public static string Text(YamlMappingNode map, string key) => (Child(map, key) as YamlScalarNode)?.Value ?? "";

    public static bool Has(YamlMappingNode map, string key) => Child(map, key) is { } child && child is not YamlScalarNode { Value: null or "" or "null" or "~" };

    private static YamlNode? Child(YamlMappingNode map, string key)
    {
        foreach (var (name, value) in map.Children)
        {
            if (name is YamlScalarNode scalar && scalar.Value == key)
                return value;
        }

        return null;
    }
}
