using System.Text.Json;
using CniPlugins.Cni;

namespace CniPlugins.Cnitool.Validation;

/// <summary>Checks what concerns a network as a whole: name, versions, flags, and the plugins as a chain.</summary>
internal sealed class ListValidator(IReadOnlyList<string> pluginPath)
{
    private static readonly string[] Flags = ["disableCheck", "disableGC", "loadOnlyInlinedPlugins"];

    public void CheckList(Node root, IReadOnlyList<Node> dropIns)
    {
        PluginSchemas.List.Check(root);
        CheckName(root);
        var version = CheckVersions(root);
        foreach (var flag in Flags.Select(root.Find).OfType<Node>())
            CheckFlag(flag);

        var plugins = root.Find("plugins");
        if (plugins is null && dropIns.Count == 0)
            root.Error("no plugins: the key \"plugins\" is missing and there are no drop-in files");
        else if (plugins?.Element is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() == 0)
            plugins.Error("no plugins in list");
        IReadOnlyList<Node> chain = [.. plugins?.Items ?? [], .. dropIns];
        CheckChain(chain, version);
        if (root.Has("nerdctlID") || root.Has("nerdctlLabels"))
            CheckForNerdctl(chain);
    }

    /// <summary>A <c>.conf</c> file: one plugin that is a network by itself.</summary>
    public void CheckSingle(Node root)
    {
        CheckName(root);
        CheckChain([root], CheckVersions(root));
    }

    private void CheckChain(IReadOnlyList<Node> plugins, CniVersion? version)
    {
        Node? maker = null;
        foreach (var (index, plugin) in plugins.Index())
        {
            new PluginValidator(pluginPath).Check(plugin, version);
            var role = RoleOf(plugin.Text("type") ?? "");
            if (index == 0 && role is PluginRole.Chained)
                plugin.Error($"{plugin.Text("type")} cannot be the first plugin: it works on the result of one before it");
            if (role is PluginRole.Main && maker is not null)
                plugin.Error($"makes the container's interface, which {maker.Path} has made already");
            maker ??= role is PluginRole.Main ? plugin : null;
        }
    }

    /// <summary>It looks for free ports of the host in iptables' nat table, and so does not see those that nf_tables has.</summary>
    private static void CheckForNerdctl(IReadOnlyList<Node> chain)
    {
        foreach (var portmap in chain.Where(plugin => plugin.Text("type") == "portmap" && plugin.Text("backend") != "iptables"))
            portmap.Warn("nerdctl picks free host ports by what it reads in iptables: with \"backend\": \"iptables\" it sees those of other containers");
    }

    private static PluginRole RoleOf(string type) => KnownPlugins.Find(type)?.Role ?? PluginRole.Other;

    private static void CheckName(Node root)
    {
        if (root.Find("name") is not { } name || name.AsText?.Length == 0)
            root.Error("the network has no \"name\"");
        else if (name.AsText is { } text && !ContainerId.IsSafe(text))
            name.Error($"invalid network name \"{text}\": a letter or digit, then letters, digits, _ . and -");
    }

    private static CniVersion? CheckVersions(Node root)
    {
        var versions = new List<CniVersion>();
        foreach (var entry in root.List("cniVersions"))
        {
            // Newer versions in this list are how one file serves several runtimes.
            if (Parse(entry) is { } version && version <= CniVersion.V110)
                versions.Add(version);
        }

        if (root.Find("cniVersion") is { AsText: { } text } single)
        {
            if (Parse(single) is not { } version)
                return versions.Max();
            if (text.Length > 0 && CniVersion.All.All(known => known.Text != text))
                single.Error($"\"{text}\" is no version of the specification; known are {string.Join(", ", CniVersion.All)}");
            versions.Add(version);
        }
        else if (versions.Count == 0)
        {
            root.Warn("no \"cniVersion\": that means 0.1.0, the oldest");
            return CniVersion.V010;
        }

        return versions.Max();
    }

    private static CniVersion? Parse(Node node)
    {
        try
        {
            return node.AsText is { } text ? CniVersion.Parse(text) : null;
        }
        catch (CniException e)
        {
            node.Error($"invalid version: {e.Message}");
            return null;
        }
    }

    private static void CheckFlag(Node flag)
    {
        if (flag.Element.ValueKind is not (JsonValueKind.True or JsonValueKind.False) && flag.AsText?.ToLowerInvariant() is not ("true" or "false"))
            flag.Error("must be true or false");
    }
}
