using System.Globalization;
using System.Text;

namespace CniPlugins.Cnitool.Metrics;

/// <summary>Prometheus' text format, version 0.0.4: gauges with their help, and samples with labels.</summary>
internal sealed class PrometheusText
{
    private readonly StringBuilder _text = new();
    private string _name = "";

    /// <summary>Begins a gauge; its samples follow.</summary>
    public PrometheusText Gauge(string name, string help)
    {
        _name = name;
        _text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} gauge\n");
        return this;
    }

    /// <summary>A sample of the gauge that was begun last.</summary>
    public PrometheusText Sample(double value, params (string Name, string Value)[] labels)
    {
        var pairs = string.Join(',', labels.Select(label => $"{label.Name}=\"{Escape(label.Value)}\""));
        _text.Append(CultureInfo.InvariantCulture, $"{_name}{(pairs.Length > 0 ? $"{{{pairs}}}" : "")} {value:R}\n");
        return this;
    }

    public override string ToString() => _text.ToString();

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
