using System.CommandLine;
using System.Text;
using CniPlugins.Cnitool.Topology;
using CniPlugins.Cnitool.Topology.Drawing;
using CniPlugins.Cnitool.Topology.Reading;

namespace CniPlugins.Cnitool;

/// <summary><c>cnitool topology</c>: what CNI has made on this host, drawn from the kernel and the runtimes' cached results.</summary>
internal sealed class TopologyCommand(IReadOnlyDictionary<string, string> environment, TextWriter output)
{
    private readonly Option<string> _format = new Option<string>("--format", "-f") { Description = "tree, svg or json", DefaultValueFactory = _ => "tree" }
        .AcceptOnlyFromAmong("tree", "svg", "json");

    private readonly Option<bool> _json = new("--json") { Description = "the same as --format json" };
    private readonly Option<string[]> _cacheDirectories = CacheDirectories.Option();

    public Command Create()
    {
        var command = new Command(
            "topology",
            """
            Draws what CNI has made on this host: uplinks, bridges, pods and their addresses, port mappings, rate limits, masquerade. Changes nothing.
            Dead pods that nobody deleted, leaked interfaces and rules, and whatever kernel and cache disagree on are marked.

            Example:
              cnitool topology --format svg >topology.svg
            """) { _format, _json, _cacheDirectories };
        command.SetAction(parsed =>
        {
            var directories = CacheDirectories.Of(parsed, _cacheDirectories);
            Draw(new TopologyReader(new CacheReader(directories)).Read(), parsed.GetValue(_json) ? "json" : parsed.GetValue(_format)!);
            return 0;
        });
        return command;
    }

    private void Draw(HostTopology topology, string format)
    {
        if (format == "json")
            output.WriteLine(Encoding.UTF8.GetString(TopologyJson.Write(topology)));
        else if (format == "svg")
            output.WriteLine(TopologySvg.Draw(topology));
        else
            new TopologyTree(output, IsColoured).Write(topology);
    }

    /// <summary>https://no-color.org: any text in NO_COLOR means none; a file never wants colours.</summary>
    private bool IsColoured => !Console.IsOutputRedirected && environment.GetValueOrDefault("NO_COLOR", "").Length == 0 && environment.GetValueOrDefault("TERM", "") != "dumb";
}
