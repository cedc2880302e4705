using System.CommandLine;
using System.Text;
using CniPlugins.Cni;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool;

/// <summary><c>cnitool list</c>: the networks in NETCONFPATH as a container runtime sees them.</summary>
internal sealed class ListCommand(ToolSettings settings, TextWriter output)
{
    private readonly Option<bool> _json = new("--json") { Description = "print a JSON array instead of a table" };

    public Command Create()
    {
        var command = new Command(
            "list",
            """
            Lists the networks in NETCONFPATH, in the order in which runtimes look; * marks the one they take when none is named.

            Example:
              NETCONFPATH=/etc/cni/net.d cnitool list
            """) { _json };
        command.SetAction(parsed =>
        {
            var rows = Rows();
            if (parsed.GetValue(_json))
                output.WriteLine(Encoding.UTF8.GetString(Json(rows)));
            else
                WriteTable(rows);
            return 0;
        });
        return command;
    }

    private List<Row> Rows()
    {
        var rows = new List<Row>();
        foreach (var file in new ConfigDirectory(settings.ConfigPath).Entries())
        {
            var chain = file.List?.Plugins.Select(plugin => plugin.Type).ToList() ?? [];
            rows.Add(new Row(file.Path, file.List?.Name ?? "", file.List?.VersionText ?? "", chain)
            {
                IsDefault = file.List is not null && !rows.Exists(row => row.IsDefault),
                Problems = [.. Problems(file, chain, rows)],
            });
        }

        return rows;
    }

    private IEnumerable<string> Problems(ConfigFile file, IReadOnlyList<string> chain, IReadOnlyList<Row> before)
    {
        if (file.List is null)
            yield return file.Problem;
        else if (file.List.Name.Length == 0)
            yield return "the network has no name";
        else if (before.FirstOrDefault(row => row.Name == file.List.Name) is { } other)
            yield return $"has the same name as {Path.GetFileName(other.File)}";
        if (settings.PluginPath.Count == 0)
            yield break;
        var asked = file.List?.Plugins.SelectMany(AskedBy) ?? [];
        foreach (var type in chain.Concat(asked).Distinct())
        {
            if (Missing(type) is { } problem)
                yield return problem;
        }
    }

    /// <summary>Plugins that a plugin asks: for addresses, or to do its work. A default is one too.</summary>
    private static IEnumerable<string> AskedBy(PluginConfig plugin)
    {
        var isFlannel = plugin.Type == "flannel";
        foreach (var (key, usual) in new[] { ("ipam", isFlannel ? "host-local" : ""), ("delegate", isFlannel ? "bridge" : "") })
        {
            var type = TypeIn(plugin, key) is { Length: > 0 } named ? named : usual;
            if (type.Length > 0)
                yield return type;
        }
    }

    private static string TypeIn(PluginConfig plugin, string section)
    {
        try
        {
            return ConfigObject.From(plugin.Element, "")?.Object(section)?.String("type") ?? "";
        }
        catch (ConfigException)
        {
            return ""; // validate says what is wrong with it
        }
    }

    private string? Missing(string type)
    {
        try
        {
            _ = settings.Plugins.Find(type);
            return null;
        }
        catch (CniException e)
        {
            return e.Message;
        }
    }

    private void WriteTable(List<Row> rows)
    {
        if (rows.Count == 0)
        {
            output.WriteLine($"no network configurations in {settings.ConfigPath}");
            return;
        }

        string[] titles = ["", "NAME", "VERSION", "PLUGINS", "FILE"];
        var cells = rows.ConvertAll(row => row.Cells);
        var widths = titles.Select((title, column) => Math.Max(title.Length, cells.Max(cell => cell[column].Length))).ToList();
        WriteLine(titles, widths);
        foreach (var (row, index) in rows.Select((row, index) => (row, index)))
        {
            WriteLine(cells[index], widths);
            foreach (var problem in row.Problems)
                output.WriteLine($"   ! {problem}");
        }
    }

    private void WriteLine(string[] cells, List<int> widths) =>
        output.WriteLine(string.Join("  ", cells.Select((cell, column) => cell.PadRight(Math.Max(widths[column], 1)))).TrimEnd());

    private static byte[] Json(List<Row> rows) => JsonText.Write(writer =>
    {
        writer.WriteStartArray();
        foreach (var row in rows)
        {
            writer.WriteStartObject();
            writer.WriteString("file", row.File);
            writer.WriteString("name", row.Name);
            writer.WriteString("cniVersion", row.Version);
            writer.WriteBoolean("default", row.IsDefault);
            writer.WriteUnlessEmpty("plugins", row.Plugins);
            writer.WriteUnlessEmpty("problems", row.Problems);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    private sealed record Row(string File, string Name, string Version, IReadOnlyList<string> Plugins)
    {
        public bool IsDefault { get; init; }
        public IReadOnlyList<string> Problems { get; init; } = [];

        public string[] Cells =>
            [IsDefault ? "*" : "", OrDash(Name), OrDash(Version), OrDash(string.Join(" > ", Plugins)), Path.GetFileName(File)];

        private static string OrDash(string text) => text.Length == 0 ? "-" : text;
    }
}
