using System.Text.RegularExpressions;

namespace CniPlugins.Tests.Unit;

/// <summary>What the pages of the repository lead to is there: files, and headings in them.</summary>
public sealed partial class LinkTests
{
    private static string Root => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));

    public static TheoryData<string> Pages => [.. Directory.GetFiles(Root, "*.md", SearchOption.AllDirectories)
        .Select(page => Path.GetRelativePath(Root, page))
        .Where(page => !page.Split('/').Intersect(["out", "bin", "obj"]).Any()).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_leads_somewhere(string page)
    {
        foreach (Match link in Link().Matches(File.ReadAllText(Path.Combine(Root, page))))
        {
            var target = link.Groups[1].Value;
            if (target.Contains("://", StringComparison.Ordinal))
                continue;
            var (path, anchor) = target.Split('#') is [var file, var heading] ? (file, heading) : (target, "");
            var full = path.Length == 0 ? Path.Combine(Root, page) : Path.Combine(Root, Path.GetDirectoryName(page)!, path);
            Assert.True(Path.Exists(full), $"{page}: {target}");
            Assert.True(anchor.Length == 0 || Headings(full).Contains(anchor), $"{page}: {target}");
        }
    }

    /// <summary>What a comment or a message names, a reader wants to open; the repository's pages are named from its root, or stand beside the file.</summary>
    [Fact]
    public void Every_page_that_the_source_names_is_there()
    {
        var pages = Pages.Select(page => page.Data).ToHashSet();
        foreach (var file in Directory.GetFiles(Root, "*.cs", SearchOption.AllDirectories))
        {
            var here = Path.GetRelativePath(Root, file);
            if (here.Split('/').Intersect(["out", "bin", "obj", "tests"]).Any())
                continue;
            foreach (Match named in Named().Matches(File.ReadAllText(file)))
            {
                var page = named.Value;
                Assert.True(pages.Any(known => known == page || known.EndsWith($"/{page}", StringComparison.Ordinal)), $"{here}: {page}");
            }
        }
    }

    /// <summary>The anchors of a page, as GitHub makes them.</summary>
    private static IEnumerable<string> Headings(string file)
    {
        var isCode = false;
        foreach (var line in File.ReadLines(file))
        {
            isCode ^= line.StartsWith("```", StringComparison.Ordinal);
            if (!isCode && line.StartsWith('#'))
                yield return NotInAnchors().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-');
        }
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"(?<![\w/.:-])[\w/-]+\.md\b")]
    private static partial Regex Named();

    [GeneratedRegex(@"[^\w\s-]")]
    private static partial Regex NotInAnchors();
}
