using System.Text.RegularExpressions;

namespace CniPlugins.Tests.Unit;

/// <summary>The rooms of block IPAM: the algorithms know the datastore's seam, and nothing of where or how it stores.</summary>
public sealed partial class BlocksArchitectureTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Model"] = [],
        ["Placement"] = [],
        ["Selectors"] = [],
        ["Datastores"] = ["Model"],
        ["EtcdForm"] = ["Model"],
        ["Pools"] = ["Model", "Selectors"],
        ["Editing"] = ["Model", "Pools"],
        ["Handles"] = ["Datastores", "Model"],
        ["Claiming"] = ["Datastores", "Editing", "Model", "Pools"],
        ["Assigning"] = ["Claiming", "Datastores", "Editing", "Handles", "Model", "Placement", "Pools"],
        ["Releasing"] = ["Claiming", "Datastores", "Editing", "Handles", "Model", "Pools"],
        ["Inspection"] = ["Datastores", "Model", "Pools"],
    };

    [Fact]
    public void Every_room_calls_only_the_rooms_below_it()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "CniPlugins.sln")))
            root = Path.GetDirectoryName(root)!;
        var wrong = new List<string>();
        foreach (var path in Directory.EnumerateFiles(Path.Combine(root, "ipam", "Blocks"), "*.cs", SearchOption.AllDirectories))
        {
            var parts = Path.GetRelativePath(Path.Combine(root, "ipam", "Blocks"), path).Split('/');
            if (parts.Length != 2) // the door, which knows all rooms; a datastore, which knows what it likes
                continue;
            var allowed = Allowed[parts[0]];
            wrong.AddRange(Using().Matches(File.ReadAllText(path)).Select(match => match.Groups[1].Value)
                .Where(used => used != parts[0] && !allowed.Contains(used)).Select(used => $"{string.Join('/', parts)} uses {used}"));
        }

        Assert.Empty(wrong);
    }

    [GeneratedRegex(@"^using CniPlugins\.Ipam\.Blocks\.([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Using();
}
