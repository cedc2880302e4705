using System.Text;
using CniPlugins.Net;

namespace CniPlugins.Iptables;

/// <summary>A rule of a chain, in the words in which iptables-save lists it; two are equal when their words are.</summary>
internal sealed record IptablesRule
{
    // XT_MAX_COMMENT_LEN, less the final NUL: the program cuts what is longer.
    private const int LongestComment = 255;

    /// <summary>A rule from its words after the chain's name: <c>-s 10.1.0.2/32 -j ACCEPT</c>.</summary>
    public IptablesRule(string chain, params IEnumerable<string> words)
        : this(chain, Iptables.Words.Join(words))
    {
    }

    private IptablesRule(string chain, string text)
    {
        Chain = chain;
        Text = text;
    }

    public string Chain { get; }

    /// <summary>Everything after the chain's name, as one line.</summary>
    public string Text { get; }

    public IReadOnlyList<string> Words => Iptables.Words.Split(Text);

    /// <summary>The word behind an option: --dport 8080; null when the rule has none.</summary>
    public string? Value(string option)
    {
        var words = Words;
        for (var i = 0; i + 1 < words.Count; i++)
        {
            if (words[i] == option)
                return words[i + 1];
        }

        return null;
    }

    /// <summary>--comment TEXT.</summary>
    public string? CommentText => Value("--comment");

    /// <summary>-j CHAIN or -g CHAIN, at its end.</summary>
    public string? Target => Words is [.., "-j" or "-g", var target] ? target : null;

    /// <summary>-j CHAIN, at its end.</summary>
    public bool LeadsTo(string chain) => Target == chain;

    /// <summary>Whether it says all that another one says, in this order, and perhaps more.</summary>
    public bool Includes(IptablesRule other)
    {
        if (Chain != other.Chain)
            return false;
        var missing = new Queue<string>(other.Words);
        foreach (var word in Words)
        {
            if (missing.TryPeek(out var next) && next == word)
                missing.Dequeue();
        }

        return missing.Count == 0;
    }

    /// <summary>-s ADDRESS, at its beginning.</summary>
    public bool IsFrom(IpAddress source) => Text.StartsWith($"-s {Cidr.Host(source)} ", StringComparison.Ordinal);

    /// <summary>-m comment --comment TEXT, as long as the kernel keeps it.</summary>
    public static string[] Comment(string text)
    {
        while (Encoding.UTF8.GetByteCount(text) > LongestComment)
            text = text[..^1];
        return ["-m", "comment", "--comment", text];
    }

    /// <summary>Whose rule it is, in upstream's words: <c>name: "n1" id: "cid1"</c>.</summary>
    public static string OwnerText(string network, string containerId) => $"name: \"{network}\" id: \"{containerId}\"";

    /// <summary>The reverse, out of a comment that says it; null for another text.</summary>
    public static (string Network, string ContainerId)? ParseOwner(string? comment) =>
        comment?.Split("name: \"") is [_, var rest] && rest.Split("\" id: \"") is [var network, var id]
            ? (network, id.TrimEnd('"'))
            : null;

    /// <summary>The rule of a line <c>-A CHAIN …</c> of iptables-save; null for any other line.</summary>
    public static IptablesRule? Parse(string line)
    {
        if (!line.StartsWith("-A ", StringComparison.Ordinal))
            return null;
        var words = Iptables.Words.Split(line);
        return words.Count < 2 ? null : new IptablesRule(words[1], text: Iptables.Words.Quote(words.Skip(2)));
    }

    public override string ToString() => $"{Chain} {Text}";
}
