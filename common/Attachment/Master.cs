using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Route;

namespace CniPlugins.Attachment;

/// <summary>The device that pods' interfaces stand on: <c>master</c>, <c>linkInContainer</c>, and <c>mtu</c>, which it limits.</summary>
/// <param name="Name">Its name; empty is the device of the default route.</param>
/// <param name="IsInPod">Whether it is in the pod's namespace, not the host's.</param>
/// <param name="Mtu">Of the pod's interface; 0 is the master's own.</param>
internal sealed record Master(string Name, bool IsInPod, int Mtu)
{
    /// <summary>What a configuration says; nothing is looked up.</summary>
    public static Master Read(OptionReader options, string about) => new(
        options.Text("master", about),
        options.Flag("linkInContainer", "The device is in the pod's namespace, where an earlier plugin put it.", since: "1.2.0"),
        LinkOptions.Mtu(options, "The MTU of the pod's interface; 0 is the device's.") ?? 0);

    /// <summary>The namespace that it is in: from there links are put on it.</summary>
    public RouteSocket Side(RouteSocket host, RouteSocket pod) => IsInPod ? pod : host;

    /// <summary>The device, which must be there; throws upstream's <c>failed to lookup master</c>, or <c>no default route interface found</c>.</summary>
    public Link Require(RouteSocket side)
    {
        if (Name.Length == 0)
            return FindDefault(side) ?? throw new CniException("no default route interface found", "name the device by \"master\"");
        return side.FindLink(Name) ?? throw new CniException(
            $"failed to lookup master \"{Name}\": Link not found",
            IsInPod ? "linkInContainer looks for it in the pod's namespace, where an earlier plugin must have made it" : "ip link show lists the host's devices");
    }

    /// <summary>Throws unless the wished mtu is one that a link on this device can have.</summary>
    public void RequireMtu(Link master)
    {
        if (Mtu > master.Mtu)
            throw new CniException($"invalid MTU {Mtu}, must be [0, master MTU({master.Mtu})]", $"ip link show {master}");
    }

    /// <summary>
    /// CHECK: the link stands on this device still, if one was named (the default route may be another one's by now), and has the mtu that was
    /// asked for.
    /// </summary>
    public void Check(Link link, RouteSocket side)
    {
        Expect.Mtu(link, Mtu);
        if (Name.Length == 0)
            return;
        var master = Require(side);
        if (link.PeerIndex != master.Index || (link.PeerNetnsId is null) != IsInPod)
            throw new CniException($"Error: Container interface {link} is not on master {master}");
    }

    /// <summary>STATUS: the host's device is there. What a pod will have, nobody knows yet.</summary>
    public void RequireUsable(RouteSocket host)
    {
        if (IsInPod)
            return;
        try
        {
            _ = Require(host);
        }
        catch (CniException e)
        {
            throw new CniException(CniErrorCode.PluginNotAvailable, e.Message, e.Details, e);
        }
    }

    /// <summary>The device of the first default route in the main table, IPv4's before IPv6's.</summary>
    private static Link? FindDefault(RouteSocket side)
    {
        foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
        {
            foreach (var route in side.Routes(family))
            {
                if (route.Destination.PrefixLength == 0 && route.LinkIndex is { } index && side.FindLink(index) is { IsLoopback: false } link)
                    return link;
            }
        }

        return null;
    }
}
