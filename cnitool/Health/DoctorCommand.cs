using System.CommandLine;
using System.Text;
using CniPlugins.Cni;
using CniPlugins.Cnitool.Topology.Reading;

namespace CniPlugins.Cnitool.Health;

/// <summary><c>cnitool doctor</c>: what is wrong with this host, its networks and its pods, worst first, each with what mends it.</summary>
internal sealed class DoctorCommand(ToolSettings settings, TextWriter output)
{
    private readonly Argument<string?> _network = new("network") { Description = "name of a network in NETCONFPATH (default: all)", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _json = new("--json") { Description = "print a JSON array instead of text" };
    private readonly Option<string[]> _cacheDirectories = CacheDirectories.Option();

    public Command Create()
    {
        var command = new Command(
            "doctor",
            """
            Says whether this host is ready for its networks, and if not, why: rights, plugins, configurations, the kernel (by the plugins' STATUS), packet
            filters, address ranges, every living pod (by CHECK), and what dead ones have left. Each finding has what mends it. Changes nothing.
            Exit code 1 when there is an error.

            Example:
              cnitool doctor
            """) { _network, _json, _cacheDirectories };
        command.SetAction(Examine);
        return command;
    }

    private int Examine(ParseResult parsed)
    {
        var only = parsed.GetValue(_network);
        var caches = CacheDirectories.Of(parsed, _cacheDirectories);
        var topology = new TopologyReader(new CacheReader(caches)).Read();
        IReadOnlyList<Diagnosis> all =
        [
            .. HostHealth.Examine(settings.PluginDirectories)
                .Concat(new NetworkHealth(settings, topology).Examine(only))
                .Concat(new AttachmentHealth(settings, topology, caches).Examine(only))
                .OrderBy(diagnosis => diagnosis.Severity),
        ];
        if (parsed.GetValue(_json))
            output.WriteLine(Encoding.UTF8.GetString(Json(all)));
        else
            Write(all);
        return all.Any(diagnosis => diagnosis.Severity is Severity.Error) ? 1 : 0;
    }

    private void Write(IReadOnlyList<Diagnosis> all)
    {
        foreach (var (severity, subject, message, mend) in all)
        {
            output.WriteLine($"{Word(severity),-8} {subject}: {message}");
            if (mend.Length > 0)
                output.WriteLine($"         mend: {mend}");
        }

        var (errors, warnings) = (all.Count(one => one.Severity is Severity.Error), all.Count(one => one.Severity is Severity.Warning));
        output.WriteLine(errors + warnings == 0 ? "no problems" : $"{Count(errors, "error")}, {Count(warnings, "warning")}");
    }

    private static string Word(Severity severity) => severity switch
    {
        Severity.Error => "error",
        Severity.Warning => "warning",
        _ => "ok",
    };

    private static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";

    private static byte[] Json(IReadOnlyList<Diagnosis> all) => JsonText.Write(writer =>
    {
        writer.WriteStartArray();
        foreach (var (severity, subject, message, mend) in all)
        {
            writer.WriteStartObject();
            writer.WriteString("severity", Word(severity));
            writer.WriteString("subject", subject);
            writer.WriteString("message", message);
            writer.WriteUnlessEmpty("mend", mend);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });
}
