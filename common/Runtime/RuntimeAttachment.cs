using System.Text.Json;
using CniPlugins.Cni;

namespace CniPlugins.Runtime;

/// <summary>What a runtime says about an attachment in each call: where it is, and the data for this container.</summary>
internal sealed record RuntimeAttachment(string ContainerId, string Netns, string IfName)
{
    /// <summary>What GC and STATUS are called with: no attachment at all.</summary>
    public static RuntimeAttachment None { get; } = new("", "", "");

    /// <summary>The pairs of CNI_ARGS, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Args { get; init; } = [];

    /// <summary>Data per capability (<c>portMappings</c>), given to the plugins that declare it.</summary>
    public IReadOnlyDictionary<string, JsonElement> CapabilityArgs { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>
    /// The same with the arguments and data that the attachment was made with, where the caller names none: who says only <c>del NETWORK NETNS</c> has not
    /// forgotten which ports were published.
    /// </summary>
    public RuntimeAttachment CompletedBy(RuntimeAttachment? cached) => this with
    {
        Args = Args.Count == 0 && cached is not null ? cached.Args : Args,
        CapabilityArgs = CapabilityArgs.Count == 0 && cached is not null ? cached.CapabilityArgs : CapabilityArgs,
    };

    /// <summary>The variables of a call, over what the caller's own environment has of them.</summary>
    public IEnumerable<KeyValuePair<string, string>> Variables(string command, IReadOnlyList<string> directories) =>
    [
        new("CNI_COMMAND", command),
        new("CNI_CONTAINERID", ContainerId),
        new("CNI_NETNS", Netns),
        new("CNI_ARGS", string.Join(';', Args.Select(pair => $"{pair.Key}={pair.Value}"))),
        new("CNI_IFNAME", IfName),
        new("CNI_PATH", string.Join(':', directories)),
    ];

    /// <summary>Refuses names that must not become part of a path or of the kernel's tables, in libcni's order and words.</summary>
    public void Validate(string network)
    {
        if (ContainerId.Length == 0)
            throw new CniException(CniErrorCode.UnknownContainer, "missing containerID");
        _ = Cni.ContainerId.Parse(ContainerId);
        if (network.Length == 0)
            throw new CniException(CniErrorCode.InvalidNetworkConfig, "missing network name");
        if (!Cni.ContainerId.IsSafe(network))
            throw new CniException(CniErrorCode.InvalidNetworkConfig, "invalid characters found in network name", network);
        if (Net.IfName.TryParse(IfName, out var problem, out var details) is null)
            throw new CniException(CniErrorCode.InvalidEnvironment, problem, details);
    }
}
