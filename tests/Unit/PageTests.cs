using System.Text.RegularExpressions;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Cnitool.Validation;

namespace CniPlugins.Tests.Unit;

/// <summary>A plugin's page (plugins/X/README.md, whose title is the plugin's name) says what the plugin reads, and its examples are right.</summary>
public sealed partial class PageTests
{
    // Their options are declared elsewhere, or their page has another form.
    private static readonly string[] Others = ["ipam/Blocks/README.md", "ipam/CalicoIpam/README.md", "ipam/Dhcp/README.md"];

    public static TheoryData<string> Pages => [.. new[] { "plugins", "ipam" }
        .SelectMany(room => Directory.GetFiles(Path.Combine(Root, room), "README.md", SearchOption.AllDirectories))
        .Select(page => Path.GetRelativePath(Root, page)).Where(page => page.Split('/').Length == 3).Except(Others).Order(StringComparer.Ordinal)];

    private static string Root => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));

    [Theory]
    [MemberData(nameof(Pages))]
    public void The_table_of_options_is_what_the_plugin_declares(string page)
    {
        var (plugin, text) = Read(page);
        var rows = OptionRow().Matches(text).ToDictionary(row => row.Groups[1].Value, row => (Type: row.Groups[2].Value, Default: row.Groups[3].Value));
        var declared = Survey.Describe(plugin.Declare);
        foreach (var option in declared.Where(option => option.Path.Length == 0 || option.Path == "runtimeConfig"))
        {
            Assert.True(rows.TryGetValue(option.Name, out var row), $"{page} has no row for {option.Name}");
            Assert.Equal(option.Type.Name(), row.Type);
            if (option.Default.Length > 0)
                Assert.Equal($"`{option.Default.Trim('"')}`", row.Default);
        }

        // What belongs to a plugin that this one asks may have rows too; the section that it is in is declared.
        var unknown = rows.Keys.Where(name => !declared.Any(option => option.Name == name || name.StartsWith($"{option.Name}.", StringComparison.Ordinal)));
        Assert.Equal(["ipam"], unknown.Append("ipam").Distinct());
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void The_examples_are_clean(string page)
    {
        var (_, text) = Read(page);
        var examples = Example().Matches(text).Select(match => match.Groups[1].Value).ToList();
        Assert.True(examples.Count >= 3, $"{page} has {examples.Count} examples");
        var file = Path.Combine(Directory.CreateTempSubdirectory("cni-page-").FullName, "10.conflist");
        try
        {
            foreach (var example in examples)
            {
                File.WriteAllText(file, example);
                Assert.Empty(new FileValidator([]).Validate(file).Select(finding => $"{finding.Path}: {finding.Message} in {example}"));
            }
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        }
    }

    [Fact]
    public void Every_plugin_has_a_page_and_README_leads_to_it()
    {
        var readme = File.ReadAllText(Path.Combine(Root, "README.md"));
        Assert.All(KnownPlugins.Names, name => Assert.Contains($"[{name}](", readme, StringComparison.Ordinal));
        Assert.True(readme.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length <= 1500, "README is longer than two screens");
    }

    private static (Plugin Plugin, string Text) Read(string page)
    {
        var text = File.ReadAllText(Path.Combine(Root, page));
        var name = text.Split('\n')[0].TrimStart('#', ' ');
        return (KnownPlugins.Find(name) ?? throw new InvalidOperationException($"{page}: there is no plugin \"{name}\""), text);
    }

    /// <summary>A row with five cells, the first an option.</summary>
    [GeneratedRegex(@"^\| `([\w.-]+)` \| ([^|\n]*?) \| ?([^|\n]*?) ?\| [^|\n]*\|[^|\n]*\|$", RegexOptions.Multiline)]
    private static partial Regex OptionRow();

    [GeneratedRegex("```json\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
