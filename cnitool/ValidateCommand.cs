using System.CommandLine;
using System.Text;
using CniPlugins.Cni.Options;
using CniPlugins.Cni;
using CniPlugins.Cnitool.Validation;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool;

/// <summary><c>cnitool validate</c>: everything that is wrong with a configuration file, with the place of each problem.</summary>
internal sealed class ValidateCommand(ToolSettings settings, TextWriter output)
{
    private readonly Argument<string> _file = new("file") { Description = "a .conflist, .conf or .json file" };
    private readonly Option<bool> _json = new("--json") { Description = "print a JSON array of the problems" };

    public Command Create()
    {
        var command = new Command(
            "validate",
            """
            Finds every problem of a configuration file, not only the first; exit code 1 when one of them is an error. Changes nothing.
            With CNI_PATH set, the plugins it names are looked for there.

            Example:
              CNI_PATH=/opt/cni/bin cnitool validate /etc/cni/net.d/10-podman.conflist
            """) { _file, _json };
        command.SetAction(parsed => Validate(parsed.GetValue(_file)!, parsed.GetValue(_json)));
        return command;
    }

    private int Validate(string file, bool json)
    {
        var findings = new FileValidator(settings.PluginPath).Validate(file);
        if (json)
            output.WriteLine(Encoding.UTF8.GetString(Json(findings)));
        else
            WriteLines(file, findings);
        return findings.Any(finding => finding.IsError) ? 1 : 0;
    }

    private void WriteLines(string file, IReadOnlyList<Finding> findings)
    {
        foreach (var finding in findings)
            output.WriteLine($"{finding.Path}: {(finding.IsError ? "" : "warning: ")}{finding.Message}");
        var errors = findings.Count(finding => finding.IsError);
        var warnings = findings.Count - errors;
        if (errors == 0 && Chain(file) is { } chain)
            output.WriteLine(chain);
        output.WriteLine(findings.Count == 0 ? $"{file}: no problems" : $"{file}: {Count(errors, "error")}, {Count(warnings, "warning")}");
    }

    /// <summary>The plugins that will run, drop-ins included: what the file alone does not show.</summary>
    private static string? Chain(string file)
    {
        try
        {
            var list = NetworkList.Load(file);
            return $"network {list.Name}: {string.Join(" > ", list.Plugins.Select(plugin => plugin.Type))}";
        }
        catch (ConfigException)
        {
            return null;
        }
    }

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    private static byte[] Json(IReadOnlyList<Finding> findings) => JsonText.Write(writer =>
    {
        writer.WriteStartArray();
        foreach (var finding in findings)
        {
            writer.WriteStartObject();
            writer.WriteString("severity", finding.IsError ? "error" : "warning");
            writer.WriteString("path", finding.Path);
            writer.WriteString("message", finding.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });
}
