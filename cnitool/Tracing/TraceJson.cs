using System.Diagnostics;
using System.Text;
using CniPlugins.Cni;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool.Tracing;

/// <summary>Calls of plugins as JSON: times in milliseconds, documents as JSON where they are such, else as text.</summary>
internal static class TraceJson
{
    public static byte[] Write(string verb, IReadOnlyList<PluginCall> calls) => JsonText.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("verb", verb);
        writer.WriteStartArray("calls");
        foreach (var call in calls)
            WriteCall(writer, calls[0].Started, call);
        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    private static void WriteCall(JsonWriter writer, long first, PluginCall call)
    {
        writer.WriteStartObject();
        writer.WriteString("plugin", call.Plugin);
        writer.WriteString("command", call.Verb);
        WriteMilliseconds(writer, "start", Stopwatch.GetElapsedTime(first, call.Started));
        WriteMilliseconds(writer, "duration", call.Duration);
        writer.WriteNumber("exitCode", call.ExitCode);
        WriteDocument(writer, "stdin", call.Request);
        WriteDocument(writer, "stdout", call.Output);
        writer.WriteString("stderr", Encoding.UTF8.GetString(call.Error));
        writer.WriteEndObject();
    }

    private static void WriteMilliseconds(JsonWriter writer, string name, TimeSpan time)
    {
        writer.WritePropertyName(name);
        writer.WriteRawValue(time.TotalMilliseconds.ToString("0.000", System.Globalization.CultureInfo.InvariantCulture));
    }

    private static void WriteDocument(JsonWriter writer, string name, byte[] content)
    {
        try
        {
            var document = ConfigObject.Parse(content);
            writer.WritePropertyName(name);
            SortedJson.Write(writer, document.Element);
        }
        catch (ConfigException)
        {
            writer.WriteString(name, Encoding.UTF8.GetString(content));
        }
    }
}
