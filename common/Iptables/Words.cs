using System.Buffers;
using System.Text;

namespace CniPlugins.Iptables;

/// <summary>The words of a rule as one line of iptables-save and iptables-restore, and back.</summary>
internal static class Words
{
    // iptables-restore cuts longer ones off, or gives up (xshared.c: a parameter's buffer has 1024 bytes).
    private const int LongestWord = 1023;

    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!%+,-./:=@_");

    /// <summary>A line that iptables-restore takes apart into these words again; throws for a word that no line can hold.</summary>
    public static string Join(IEnumerable<string> words) => Quote(words.Select(word =>
        word.AsSpan().ContainsAny('\n', '\r', '\0') || Encoding.UTF8.GetByteCount(word) > LongestWord
            ? throw new IptablesException($"a rule's argument must be one line of at most {LongestWord} bytes")
            : word));

    /// <summary>A line of words that came from one: iptables-save writes longer ones than iptables-restore reads (a match of bytecode).</summary>
    public static string Quote(IEnumerable<string> words)
    {
        var line = new StringBuilder();
        foreach (var word in words)
        {
            if (line.Length > 0)
                line.Append(' ');
            if (word.Length > 0 && !word.AsSpan().ContainsAnyExcept(Plain))
                line.Append(word);
            else
                line.Append('"').Append(word.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
        }

        return line.ToString();
    }

    /// <summary>The words of a line: blanks divide them outside of quotation marks, a backslash protects what follows it inside.</summary>
    public static IReadOnlyList<string> Split(ReadOnlySpan<char> line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var (started, quoted) = (false, false);
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (quoted && c == '\\' && i + 1 < line.Length)
            {
                word.Append(line[++i]);
            }
            else if (c == '"')
            {
                quoted = !quoted;
                started = true;
            }
            else if (quoted || c is not (' ' or '\t'))
            {
                word.Append(c);
                started = true;
            }
            else if (started)
            {
                words.Add(word.ToString());
                word.Clear();
                started = false;
            }
        }

        if (started)
            words.Add(word.ToString());
        return words;
    }
}
