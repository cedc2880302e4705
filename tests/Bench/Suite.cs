using System.Text;

namespace CniPlugins.Bench;

/// <summary>A directory of plugins.</summary>
internal sealed class Suite(string name, string directory) : Contender(name)
{
    public string Directory => directory;

    public override string? Lacks(Chain chain)
    {
        foreach (var plugin in chain.Plugins)
        {
            var file = Path.Combine(directory, plugin.Type);
            if (!File.Exists(file))
                return $"no {plugin.Type}";
            if (plugin.Knows.Length > 0 && !Contains(file, plugin.Knows))
                return $"its {plugin.Type} does not know \"{plugin.Knows}\"";
        }

        return null;
    }

    /// <summary>As a runtime does it: forward with each result handed on for ADD, backward with the last result for DEL.</summary>
    public override string Run(Chain chain, string verb, Pod pod, string result, Func<Call, string> run) => RunFor(this, chain, verb, pod, result, run);

    /// <summary>The same on another's host, with its files.</summary>
    public string RunFor(Contender other, Chain chain, string verb, Pod pod, string result, Func<Call, string> run)
    {
        var site = new Site(chain, other.DataDirectory, pod);
        foreach (var plugin in verb == "DEL" ? chain.Plugins.Reverse() : chain.Plugins)
        {
            var conf = plugin.Conf(site);
            if (result.Length > 0)
                conf = $"{conf[..^1]},\"prevResult\":{result}}}";
            var output = run(new Call(other.Host.Netns, Path.Combine(directory, plugin.Type), [], Variables(verb, pod), conf));
            if (verb == "ADD")
                result = output;
        }

        return result;
    }

    private IReadOnlyList<string> Variables(string verb, Pod pod) =>
    [
        $"CNI_COMMAND={verb}", $"CNI_CONTAINERID={pod.ContainerId}", $"CNI_NETNS={pod.Netns}", "CNI_IFNAME=eth0", $"CNI_PATH={directory}",
        $"PATH={Environment.GetEnvironmentVariable("PATH")}",
    ];

    /// <summary>An option that a plugin does not know it passes over in silence, so its executable is asked: Go keeps texts in UTF-8, .NET in UTF-16.</summary>
    private static bool Contains(string file, string word)
    {
        ReadOnlySpan<byte> bytes = File.ReadAllBytes(file);
        return bytes.IndexOf(Encoding.UTF8.GetBytes(word)) >= 0 || bytes.IndexOf(Encoding.Unicode.GetBytes(word)) >= 0;
    }
}
