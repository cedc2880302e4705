using System.Text;

namespace CniPlugins.Cni.Options;

/// <summary>What a plugin's declarations say, for people: as text for a terminal, as the table of a page.</summary>
internal static class OptionTable
{
    /// <summary>A terminal's width, less a margin.</summary>
    private const int Width = 96;

    private const string Indent = "      ";

    /// <summary>Every option on a line, with its sentence below.</summary>
    public static string Text(string name, Plugin plugin)
    {
        var text = new StringBuilder($"The options of {name} in a network's configuration. Keys may be written in any case.\n");
        foreach (var option in Survey.Describe(plugin.Declare))
        {
            var facts = Facts(option);
            text.Append($"\n  {option.Name}  {facts}\n");
            Wrap(text, option.About);
        }

        return text.ToString();
    }

    /// <summary>A row for every option: name, type, default, what it does, since when.</summary>
    public static string Markdown(Plugin plugin)
    {
        var text = new StringBuilder("| option | type | default | what it does | since |\n|---|---|---|---|---|\n");
        foreach (var option in Survey.Describe(plugin.Declare))
        {
            var usual = option.Default.Length == 0 ? "" : $"`{option.Default}`";
            text.Append($"| `{option.Name}` | {option.Type.Name()} | {usual} | {option.About.Replace("|", "\\|", StringComparison.Ordinal)} | {option.Since} |\n");
        }

        return text.ToString();
    }

    private static string Facts(DeclaredOption option) =>
        option.Type.Name()
        + (option.Default.Length == 0 ? "" : $", default {option.Default}")
        + (option.Since.Length == 0 ? "" : option.Since == OptionReader.OnlyHere ? ", only here" : $", since {option.Since}");

    private static void Wrap(StringBuilder text, string sentence)
    {
        var column = 0;
        foreach (var word in sentence.Split(' '))
        {
            if (column > 0 && column + 1 + word.Length > Width)
            {
                text.Append('\n');
                column = 0;
            }

            text.Append(column == 0 ? Indent : " ").Append(word);
            column += word.Length + (column == 0 ? Indent.Length : 1);
        }

        text.Append('\n');
    }
}
