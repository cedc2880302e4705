using System.CommandLine;
using System.Text;
using CniPlugins.Cni;
using CniPlugins.Cnitool.Addresses;
using CniPlugins.Cnitool.Topology;
using CniPlugins.Cnitool.Topology.Reading;
using CniPlugins.Linux;

namespace CniPlugins.Cnitool.Metrics;

/// <summary><c>cnitool metrics</c>: this host's attachments, addresses, leaks and problems, for node_exporter's textfile collector.</summary>
internal sealed class MetricsCommand(ToolSettings settings, TextWriter output, TextWriter error)
{
    private const uint FileMode = 0x1a4; // 0644: node_exporter is not root

    private readonly StateOptions _states = new(settings);
    private readonly Option<string[]> _cacheDirectories = CacheDirectories.Option();
    private readonly Option<string?> _file = new("--output", "-o") { Description = "write a file, whole or not at all, instead of stdout", HelpName = "FILE" };

    public Command Create()
    {
        var command = new Command(
            "metrics",
            """
            Prints attachments, addresses, leaks and problems of this host in Prometheus' text format. Changes nothing.

            Example:
              cnitool metrics --output /var/lib/prometheus/node-exporter/cni.prom
            """) { _file, _cacheDirectories };
        command.SetAction(parsed =>
        {
            var text = Measure(parsed).ToString();
            if (parsed.GetValue(_file) is { } file)
                Replace(file, text);
            else
                output.Write(text);
            return 0;
        });
        return command;
    }

    private PrometheusText Measure(ParseResult parsed)
    {
        var topology = new TopologyReader(new CacheReader(CacheDirectories.Of(parsed, _cacheDirectories))).Read();
        var text = new PrometheusText();
        text.Gauge("cni_attachments", "Interfaces of containers by network and state (attached, gone, leaked, unread).");
        foreach (var group in topology.Attachments.GroupBy(pod => (pod.Network, pod.State)))
            text.Sample(group.Count(), ("network", group.Key.Network), ("state", $"{group.Key.State}".ToLowerInvariant()));
        text.Gauge("cni_problems", "Problems that cnitool topology shows, by network; those of the host have none.");
        foreach (var group in topology.Attachments.Where(pod => pod.State is AttachmentState.Attached).GroupBy(pod => pod.Network))
            text.Sample(group.Sum(pod => pod.Problems.Count), ("network", group.Key));
        text.Sample(topology.Problems.Count + topology.Leftovers.Count + topology.Unread.Count, ("network", ""));
        Addresses(parsed, text);
        return text;
    }

    private void Addresses(ParseResult parsed, PrometheusText text)
    {
        var stocks = new List<(string Network, Stock Stock)>();
        var reached = new List<(string Network, bool Is)>();
        void Failed(string network, Exception e)
        {
            error.WriteLine($"cnitool: network {network}: {e.Message}");
            reached.Add((network, false));
        }

        foreach (var state in _states.OpenEach(parsed, Failed))
        {
            using (state)
            {
                try
                {
                    stocks.AddRange(state.State.Stocks(parts: false).Select(stock => (state.Network, stock)));
                    reached.Add((state.Network, true));
                }
                catch (Exception e) when (e is CniException or ICodedException or LibcException)
                {
                    Failed(state.Network, e);
                }
            }
        }

        text.Gauge("cni_addresses_used", "Addresses that are handed out, by network and range or pool.");
        foreach (var (network, stock) in stocks)
            text.Sample((double)stock.Used, ("network", network), ("range", stock.Range));
        text.Gauge("cni_addresses_total", "Addresses that there are, by network and range or pool.");
        foreach (var (network, stock) in stocks)
            text.Sample((double)stock.Total, ("network", network), ("range", stock.Range));
        text.Gauge("cni_addresses_known", "Whether the network's addresses could be read (1), or its datastore was away (0).");
        foreach (var (network, isReached) in reached)
            text.Sample(isReached ? 1 : 0, ("network", network));
    }

    private static void Replace(string file, string text)
    {
        var temporary = $"{file}.{Environment.ProcessId}";
        try
        {
            DiskFile.Write(temporary, Encoding.UTF8.GetBytes(text), FileMode);
            DiskFile.Rename(temporary, file);
        }
        catch (LibcException)
        {
            _ = DiskFile.Delete(temporary);
            throw;
        }
    }
}
