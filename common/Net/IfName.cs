using System.Text;

namespace CniPlugins.Net;

/// <summary>The name of a network interface that the kernel takes: 1 to 15 bytes without slash, colon or white space.</summary>
internal sealed record IfName
{
    /// <summary>IFNAMSIZ without the NUL (linux/if.h).</summary>
    public const int MaxLength = 15;

    private IfName(string value) => Value = value;

    public string Value { get; }

    /// <summary>The name, or null and what is wrong with it in libcni's words.</summary>
    public static IfName? TryParse(string text, out string problem, out string details)
    {
        details = "";
        problem = "";
        if (text.Length == 0)
            problem = "interface name is empty";
        else if (Encoding.UTF8.GetByteCount(text) > MaxLength)
            (problem, details) = ("interface name is too long", "interface name should be less than 16 characters");
        else if (text is "." or "..")
            problem = "interface name is . or ..";
        else if (text.Any(c => c is '/' or ':' || char.IsWhiteSpace(c)))
            problem = "interface name contains / or : or whitespace characters";
        return problem.Length == 0 ? new IfName(text) : null;
    }

    public override string ToString() => Value;
}
