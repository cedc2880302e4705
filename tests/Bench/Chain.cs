namespace CniPlugins.Bench;

/// <summary>A chain of plugins, described once for every kind of measurement.</summary>
/// <param name="Name">What the tables call it.</param>
/// <param name="Network">Its number: the network 10.NUMBER.0.0/16, the bridge and host-local's directory are named for it.</param>
/// <param name="Floor">The parts of Floor/floor.c that do the same; none where it cannot.</param>
/// <param name="Plugins">From the first to the last.</param>
internal sealed record Chain(string Name, int Network, IReadOnlyList<string> Floor, params IReadOnlyList<ChainedPlugin> Plugins)
{
    public IReadOnlyList<string> Verbs { get; init; } = ["ADD", "DEL"];

    public HostPorts Ports { get; init; } = new(20_000, 2);

    public string NetworkName => $"net{Network}";
}

/// <summary>A plugin of a chain.</summary>
/// <param name="Type">Its executable.</param>
/// <param name="Conf">Its configuration.</param>
/// <param name="Knows">A word that is in its executable if it has the options that this chain uses.</param>
internal sealed record ChainedPlugin(string Type, Func<Site, string> Conf, string Knows = "");

/// <summary>What configurations depend on: the chain, where host-local keeps its files, the pod.</summary>
internal sealed record Site(Chain Chain, string DataDirectory, Pod Pod);

/// <summary>Host ports of pods: so many for each, side by side.</summary>
internal sealed record HostPorts(int First, int Count)
{
    public int Of(Pod pod) => First + (Count * pod.Number);
}
