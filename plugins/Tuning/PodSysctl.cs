using CniPlugins.Cni;
using CniPlugins.Linux;

namespace CniPlugins.Tuning;

/// <summary>A kernel setting of the pod's namespace, and what it shall be.</summary>
/// <param name="Name">Below /proc/sys, with slashes.</param>
/// <param name="Value">What is written, without a line break.</param>
internal sealed record PodSysctl(string Name, string Value)
{
    private const string Root = "net/";

    public string Path => $"/proc/sys/{Name}";

    /// <summary>
    /// A configuration's key as a path: every dot becomes a slash, then the first IFNAME the interface's name, which may have dots itself (plugins/meta/tuning/tuning.go).
    /// Throws <c>invalid net sysctl key: "…"</c> for whatever would not be below net: nothing else belongs to a pod.
    /// </summary>
    public static PodSysctl Parse(KeyValuePair<string, string> sysctl, string ifName)
    {
        var text = sysctl.Key.Replace('.', '/');
        if (text.IndexOf("IFNAME", StringComparison.Ordinal) is var at and >= 0)
            text = $"{text[..at]}{ifName}{text[(at + "IFNAME".Length)..]}";
        IReadOnlyList<string> parts = [.. text.Split('/').Where(part => part is not ("" or "."))];
        var name = string.Join('/', parts);
        return name.StartsWith(Root, StringComparison.Ordinal) && !parts.Any(part => part == "..") && !name.Contains('\0', StringComparison.Ordinal)
            ? new PodSysctl(name, sysctl.Value)
            : throw new CniException($"invalid net sysctl key: \"{text}\"", "only settings below net. belong to a pod");
    }

    /// <summary>sysctl -w NAME=VALUE, and the former value; null when nobody may read it. Stands inside the namespace.</summary>
    public string? Exchange()
    {
        var before = TryRead();
        Sysctl.Write(Name, Value);
        return before;
    }

    /// <summary>sysctl -n NAME must say what is configured; the kernel writes tabs where people write blanks.</summary>
    public void Check()
    {
        var current = Sysctl.Read(Name) ?? throw new LibcException(Errno.ENOENT, $"open {Path}");
        if (current != Value && !Words(current).SequenceEqual(Words(Value)))
            throw new CniException($"Error: Tuning configured value of {Path} is {Value}, current value is {current}");
    }

    private string? TryRead()
    {
        try
        {
            return Sysctl.Read(Name);
        }
        catch (LibcException e)
        {
            StandardError.WriteLine($"tuning: {e.Message}: it would not be restored if ADD failed"); // net.ipv4.route.flush is for writing only
            return null;
        }
    }

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
