using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.HostDevice;

/// <summary>Where DEL and GC find the device: in the pod, or on the host, to which the kernel gives hardware back when a pod's namespace goes.</summary>
/// <remarks>The alias tells: it is the device's name at home, in a pod as on the host, from ADD to DEL; upstream's plugin has the same.</remarks>
internal sealed class Homecoming(RouteSocket host, DeviceChoice? choice)
{
    /// <summary>The device in the pod and its own name; null when there is none of this network's.</summary>
    public (Link Link, string Name)? FindIn(RouteSocket pod, DelRequest request)
    {
        if (pod.FindLink(request.IfName.Value) is not { } link)
            return pod.Links().FirstOrDefault(IsStray) is { } stray ? (stray, stray.Alias) : null;
        if (IsChosen(link))
            return (link, link.Alias);
        if (link.Alias.Length == 0 && IsPromised(link, request))
        {
            return choice is { Name.Length: > 0 } && host.FindLink(choice.Name) is null
                ? (link, choice.Name)
                : throw new CniException($"failed to find original ifname for \"{link}\" (alias is not set)", "ip link set NAME alias ORIGINAL, in the pod, says what it was called");
        }

        StandardError.WriteLine($"{request.Conf.Type}: {link} in {request.Netns} is no device of this network's and stays");
        return null;
    }

    /// <summary>The device on the host, come back under another name, or with an alias that nobody needs any more; null when all is well.</summary>
    /// <param name="ifName">The name that it had in the pod; null for any that the kernel gives.</param>
    public Link? FindOnHost(string? ifName)
    {
        if (choice is { Name.Length: > 0 })
        {
            return host.FindLink(choice.Name) is { } link
                ? link.Alias == link.Name ? link : null
                : host.Links().FirstOrDefault(each => each.Alias == choice.Name);
        }

        if (TryFind() is not { } found || !IsName(found.Alias))
            return null;
        return found.Alias == found.Name || found.Name == ifName || IsKernelsName(found.Name) ? found : null;
    }

    /// <summary>Whether a link has the name of a device that this network may have taken.</summary>
    private bool IsChosen(Link link) =>
        IsName(link.Alias) && (choice is not { Name.Length: > 0 } || link.Alias == choice.Name);

    /// <summary>Whether a link that has not the pod's name for it is the device: one that somebody renamed, or that got no further than its own name.</summary>
    private bool IsStray(Link link) => IsChosen(link) && (link.Name == link.Alias || choice is { Name.Length: > 0 });

    /// <summary>Whether ADD has answered with this very link.</summary>
    private static bool IsPromised(Link link, DelRequest request)
    {
        try
        {
            return request.Conf.PreviousResult()?.Interfaces.Any(each =>
                each.Name == link.Name && MacAddress.TryParse(each.Mac, out var mac) && link.Mac == mac) is true;
        }
        catch (CniException)
        {
            return false;
        }
    }

    private Link? TryFind()
    {
        try
        {
            return choice?.Find(host);
        }
        catch (Exception e) when (e is CniException or LibcException)
        {
            return null;
        }
    }

    private static bool IsName(string alias) => IfName.TryParse(alias, out _, out _) is not null;

    /// <summary>dev7: what the kernel calls hardware that it gives back while its name is taken.</summary>
    private static bool IsKernelsName(string name) =>
        name.StartsWith("dev", StringComparison.Ordinal) && name.Length > 3 && !name.AsSpan(3).ContainsAnyExceptInRange('0', '9');
}
