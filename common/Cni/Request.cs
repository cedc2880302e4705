using CniPlugins.Linux;
using CniPlugins.Net;

namespace CniPlugins.Cni;

/// <summary>What the runtime asks; each verb's record carries exactly what that verb guarantees.</summary>
internal abstract record Request(NetConf Conf, CniEnvironment Environment, PluginHost Host)
{
    /// <summary>The network's name.</summary>
    public string Network => Conf.Name;

    /// <summary>The address plugin this configuration names.</summary>
    public Ipam Ipam => new(this);
}

/// <summary>A request about one attachment.</summary>
internal abstract record AttachmentRequest(NetConf Conf, CniEnvironment Environment, PluginHost Host, ContainerId ContainerId, IfName IfName)
    : Request(Conf, Environment, Host);

/// <summary>Make the attachment; the namespace is given, though it may turn out not to exist.</summary>
internal sealed record AddRequest(NetConf Conf, CniEnvironment Environment, PluginHost Host, ContainerId ContainerId, IfName IfName, string Netns)
    : AttachmentRequest(Conf, Environment, Host, ContainerId, IfName);

/// <summary>Say whether the attachment is still as ADD left it.</summary>
internal sealed record CheckRequest(NetConf Conf, CniEnvironment Environment, PluginHost Host, ContainerId ContainerId, IfName IfName, string Netns)
    : AttachmentRequest(Conf, Environment, Host, ContainerId, IfName)
{
    /// <summary>The ADD that made the attachment, for REPAIR to do a part of it again.</summary>
    public AddRequest AsAdd() => new(Conf, Environment, Host, ContainerId, IfName, Netns);
}

/// <summary>Take the attachment away; the namespace may be unknown by now.</summary>
internal sealed record DelRequest(NetConf Conf, CniEnvironment Environment, PluginHost Host, ContainerId ContainerId, IfName IfName, string? Netns)
    : AttachmentRequest(Conf, Environment, Host, ContainerId, IfName);

/// <summary>Take away what belongs to no valid attachment of the network.</summary>
internal sealed record GcRequest(NetConf Conf, CniEnvironment Environment, PluginHost Host, IReadOnlyList<Attachment> Valid)
    : Request(Conf, Environment, Host)
{
    /// <summary>
    /// When the call began (CLOCK_BOOTTIME, ns): what was made since then is spared. A runtime that says when it made the list counts, for what came to be while
    /// it asked other plugins is not on the list; so does a main plugin that asks its address plugin.
    /// </summary>
    public long Started { get; init; } = Math.Min(BootClock.Nanoseconds, Environment.GcStarted ?? long.MaxValue);
}

/// <summary>Say whether an ADD could be served.</summary>
internal sealed record StatusRequest(NetConf Conf, CniEnvironment Environment, PluginHost Host)
    : Request(Conf, Environment, Host);
