using System.Text;

namespace CniPlugins.Cni.Options;

/// <summary>The table of a plugin's page: a row for every option.</summary>
internal static class OptionTable
{
    public static string Markdown(Plugin plugin)
    {
        var text = new StringBuilder("| option | type | default | what it does | since |\n|---|---|---|---|---|\n");
        foreach (var option in Survey.Describe(plugin.Declare))
        {
            var usual = option.Default.Length == 0 ? "" : $"`{option.Default}`";
            var about = option.About.Replace("|", "\\|", StringComparison.Ordinal);
            text.Append($"| `{option.Name}` | {option.Type.Name()} | {usual} | {about} | {option.Since} |\n");
        }

        return text.ToString();
    }
}
