using System.Text;

namespace CniPlugins.Cni.Options;

/// <summary>A plugin's options as text for a terminal: each on a line, with its sentence below.</summary>
internal sealed class OptionText : OptionAudience
{
    /// <summary>A terminal's width, less a margin.</summary>
    private const int Width = 96;

    private const string Indent = "      ";

    private readonly StringBuilder _text = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    public override bool IsDescribing => true;

    public static string Of(string name, Plugin plugin)
    {
        var text = new OptionText();
        text._text.Append($"The options of {name} in a network's configuration. Keys may be written in any case.\n");
        plugin.Declare(new OptionReader(null, text, ""));
        return text._text.ToString();
    }

    public override void Declare(OptionReader reader, string key, OptionType type, string defaultValue, string about, string since)
    {
        var name = reader.PathOf(key);
        if (!_names.Add(name))
            return;
        var usual = defaultValue.Length == 0 ? "" : $", default {defaultValue}";
        var age = since.Length == 0 ? "" : since == OptionReader.OnlyHere ? $", {since}" : $", since {since}";
        _text.Append($"\n  {name}  {type.Name()}{usual}{age}\n");
        Wrap(about);
    }

    private void Wrap(string sentence)
    {
        var column = 0;
        foreach (var word in sentence.Split(' '))
        {
            if (column > 0 && column + 1 + word.Length > Width)
            {
                _text.Append('\n');
                column = 0;
            }

            _text.Append(column == 0 ? Indent : " ").Append(word);
            column += word.Length + (column == 0 ? Indent.Length : 1);
        }

        _text.Append('\n');
    }
}
