using System.CommandLine;
using System.Globalization;
using CniPlugins.Cni;
using CniPlugins.Cnitool.Addresses;
using CniPlugins.Cnitool.Topology;
using CniPlugins.Cnitool.Topology.Reading;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool.Search;

/// <summary><c>cnitool why</c>: whose a port, an address, an interface, a hardware address, a container or a namespace is.</summary>
internal sealed class WhyCommand(ToolSettings settings, TextWriter output, TextWriter error)
{
    private readonly StateOptions _states = new(settings);
    private readonly Argument<string> _thing = new("thing")
    {
        Description = "a port (8080, 8080/udp), an address, a veth, a hardware address, the beginning of a container's ID, a pod's or a namespace's name",
    };

    private readonly Option<string[]> _cacheDirectories = CacheDirectories.Option();

    public Command Create()
    {
        var command = new Command(
            "why",
            """
            Says whose a thing is: a line for each attachment it belongs to, from the kernel, the runtimes' caches and the address plugins' files. Exit code 1
            when it is nobody's. Changes nothing.

            Example:
              cnitool why 8080/tcp
              cnitool why 10.88.0.7
            """) { _thing, _cacheDirectories };
        command.SetAction(Answer);
        return command;
    }

    private int Answer(ParseResult parsed)
    {
        var thing = parsed.GetValue(_thing)!;
        var cache = new CacheReader(CacheDirectories.Of(parsed, _cacheDirectories));
        var topology = new TopologyReader(cache).Read();
        var answers = IpAddress.TryParse(thing, out var address) ? Addressed(topology, address).Concat(Reserved(parsed, topology, address))
            : PortOf(thing) is { } port ? Forwarded(topology, port.Number, port.Protocol)
            : MacAddress.TryParse(thing, out var mac) ? Hardware(topology, cache, mac)
            : Named(topology, thing);
        var lines = answers.Distinct().ToList();
        foreach (var line in lines)
            output.WriteLine(line);
        foreach (var unread in topology.Unread)
            error.WriteLine($"cnitool: could not be read: {unread}");
        if (lines.Count == 0)
            output.WriteLine($"{thing}: nobody's, as far as CNI knows on this host");
        return lines.Count > 0 ? 0 : 1;
    }

    private static (int Number, string Protocol)? PortOf(string thing)
    {
        var (number, protocol) = thing.Split('/') is [var one, var other] ? (one, other) : (thing, "");
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536 ? (port, protocol) : null;
    }

    private static IEnumerable<string> Forwarded(HostTopology topology, int number, string protocol) =>
        from pod in topology.Attachments
        from port in pod.Ports
        where port.HostPort == number && (protocol.Length == 0 || port.Protocol == protocol)
        select port.Backend.Length > 0
            ? $"host port {port.From} leads to port {port.ContainerPort} of {Describe(pod)}"
            : $"host port {port.From} was asked for by {Describe(pod)}, and nothing in the kernel leads there: cnitool repair";

    private static IEnumerable<string> Addressed(HostTopology topology, IpAddress address)
    {
        foreach (var pod in topology.Attachments.Where(pod => pod.Addresses.Any(one => one.Address == address)))
            yield return $"{address} is {Describe(pod)}";
        foreach (var device in topology.Uplinks.Concat(topology.Bridges).Where(device => device.Addresses.Any(one => one.Address == address)))
            yield return $"{address} is the host's own, on {device.Name}";
    }

    /// <summary>A reservation whose pod is not to be seen.</summary>
    private IEnumerable<string> Reserved(ParseResult parsed, HostTopology topology, IpAddress address)
    {
        foreach (var state in _states.OpenEach(parsed, (network, e) => error.WriteLine($"cnitool: network {network}: {e.Message}")))
        {
            using (state)
            {
                foreach (var holding in Holdings(state).Where(holding => holding.Address == address))
                {
                    if (!topology.Attachments.Any(pod => $"{pod.ContainerId}/{pod.IfName}" == holding.Owner && pod.Addresses.Any(one => one.Address == address)))
                    {
                        var details = string.Join(", ", holding.Details.Select(detail => $"{detail.Key} {detail.Value}"));
                        yield return $"{address} is reserved by network {state.Network} for {holding.Owner}{(details.Length > 0 ? $" ({details})" : "")}";
                    }
                }
            }
        }
    }

    private IReadOnlyList<Holding> Holdings(NamedState state)
    {
        try
        {
            return state.State.Holdings();
        }
        catch (Exception e) when (e is CniException or ICodedException or LibcException)
        {
            error.WriteLine($"cnitool: network {state.Network}: {e.Message}");
            return [];
        }
    }

    private static IEnumerable<string> Hardware(HostTopology topology, CacheReader cache, MacAddress mac) =>
        from entry in cache.Entries
        from device in entry.Result?.Value.Interfaces ?? []
        where MacAddress.TryParse(device.Mac, out var own) && own == mac
        let pod = topology.Attachments.FirstOrDefault(pod => IsOf(pod, entry))
        where pod is not null
        select device.Sandbox.Length > 0 ? $"{mac} is {Describe(pod)}" : $"{mac} is {device.Name} on the host, of {Describe(pod)}";

    private static bool IsOf(PodAttachment pod, CachedAttachment entry) =>
        (pod.Network, pod.ContainerId, pod.IfName) == (entry.NetworkName, entry.Attachment.ContainerId, entry.Attachment.IfName);

    private static IEnumerable<string> Named(HostTopology topology, string name)
    {
        foreach (var pod in topology.Attachments)
        {
            if (pod.HostInterface == name || pod.Device == name)
                yield return $"{name} is the host's end of {Describe(pod)}";
            else if (pod.PodName == name || pod.PodName.EndsWith($"/{name}", StringComparison.Ordinal) || pod.Netns == name
                || Path.GetFileName(pod.Netns) == name || (name.Length > 3 && pod.ContainerId.StartsWith(name, StringComparison.Ordinal)))
            {
                yield return Describe(pod);
            }
        }

        foreach (var bridge in topology.Bridges.Where(bridge => bridge.Name == name))
            yield return $"{name} is a bridge{(bridge.Networks.Count > 0 ? $" of network {string.Join(", ", bridge.Networks)}" : "")}, {string.Join(' ', bridge.Addresses)}";
    }

    /// <summary><c>eth0 of web (network pods, container 3f2a91c04d1e, /run/netns/web, veth1a2b3c4d, 10.88.0.7), dead</c></summary>
    private static string Describe(PodAttachment pod)
    {
        string[] known =
        [
            pod.Network.Length > 0 ? $"network {pod.Network}" : "", pod.ContainerId.Length > 0 ? $"container {pod.ShortId}" : "", pod.Netns, pod.HostInterface,
            string.Join(' ', pod.Addresses.Select(address => address.Address)),
        ];
        var state = pod.State switch { AttachmentState.Gone => ", dead", AttachmentState.Leaked => ", in no runtime's cache", _ => "" };
        return $"{(pod.IfName.Length > 0 ? pod.IfName : "an interface")} of {pod.Name} ({string.Join(", ", known.Where(text => text.Length > 0))}){state}";
    }
}
