using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route;

namespace CniPlugins.Attachment;

/// <summary>The veth between a pod and the host; its host end carries the attachment's name, so it is found without the pod.</summary>
internal static class PodVeth
{
    private const int NameAttempts = 10;

    /// <summary>A second interface of the same name cannot be made; found out before anything else is.</summary>
    public static void RequireFree(RouteSocket pod, IfName ifName)
    {
        if (pod.FindLink(ifName.Value) is not null)
            throw AlreadyExists(ifName, HostName());
    }

    /// <summary>
    /// ip link add vethXXXXXXXX mtu … master BRIDGE type veth peer name eth0 netns POD: both ends in one request, so a crash leaves all of it in the
    /// pod's namespace, where it goes with the pod, or nothing. Then the host end's settings and its owner's name, in one more.
    /// </summary>
    /// <remarks>
    /// The hardware addresses are given at birth, or udev would change them afterwards. Of a queue for each processor the kernel would use one, after having
    /// told every namespace of all of them, and of their end. Both ends are down still, and the host's is to be the last to come up: from then on both have a
    /// carrier, and the kernel's worker that tells everybody of it holds the lock which the pod's other changes would wait for. Changes of a link that is up
    /// without a carrier make the kernel look at every IPv6 route of the host (rt6_sync_down_dev).
    /// </remarks>
    public static Link Create(RouteSocket host, Netns netns, AddRequest request, PodVethWishes wishes)
    {
        for (var attempt = 1; ; attempt++)
        {
            var name = HostName();
            try
            {
                if (TryCreate(host, netns, request, wishes, name) is { } outer)
                    return outer;
                if (attempt == NameAttempts || host.FindLink(name) is null)
                    throw AlreadyExists(request.IfName, name);
            }
            catch (NetlinkException e) when (e.Errno is Errno.EXFULL)
            {
                throw CniException.Because(
                    $"failed to connect \"{name}\" to bridge {wishes.Bridge}",
                    e,
                    $"bridge {wishes.Bridge} has {BridgeSpec.MaxPorts} ports, the kernel's limit; use a second bridge, or ptp, which needs none");
            }
            catch (NetlinkException e)
            {
                throw CniException.Because("failed to make veth pair", e);
            }
        }
    }

    /// <summary>The host end once frames can pass: carrier shows a moment after the pod's end is up. Throws <c>FAILURE: down</c> when it never does.</summary>
    /// <remarks>
    /// A kernel from 6.8 on works off an end's carrier when it is asked for that end; the other end's waits for a worker, and until then the pod has no
    /// multicast route, and is not found by its IPv6 neighbours. So both are asked for.
    /// </remarks>
    public static Link AwaitUp(Link outer, Link inner, string failure)
    {
        var up = AwaitUp(outer, failure);
        AwaitUp(inner, failure);
        return up;
    }

    /// <summary>
    /// Takes the attachment's veth away: by its name in the pod, or, when it is not to be found there (no such namespace any more, another pod's by now,
    /// renamed), by its owner's name on the host. False when it may still be there, and its addresses must not be another pod's yet.
    /// </summary>
    public static bool Remove(DelRequest request, Teardown teardown)
    {
        var owner = Owner.Of(request);
        var gone = false;
        teardown.Try(() =>
        {
            using var host = RouteSocket.OpenHere();
            var stays = false;
            teardown.Try(() => gone = RemoveFromPod(host, request, ref stays));
            if (gone)
                return;
            DeleteWhere(host, link => owner.Owns(link.Alias));
            gone = !stays;
        });
        return gone;
    }

    /// <summary>Takes away the veths of this network that belong to no valid attachment, but none that was made since the call began.</summary>
    public static void Collect(Garbage garbage)
    {
        using var host = RouteSocket.OpenHere();
        DeleteWhere(host, link => garbage.HasAlias(link.Alias));
    }

    private static bool RemoveFromPod(RouteSocket host, DelRequest request, ref bool stays)
    {
        using var netns = PodNetns.Find(request);
        if (netns is null)
            return false;
        using var pod = RouteSocket.OpenIn(netns);
        if (PodLink.Find(host, pod, request) is not { } inner)
            return false;
        stays = true;
        inner.Delete();
        return true;
    }

    private static void DeleteWhere(RouteSocket host, Func<Link, bool> condition) => host.Delete([.. host.Links("veth").Where(condition)]);

    /// <summary>Null when one of the names is taken; what fails later, or whose answer does not come, leaves nothing.</summary>
    private static Link? TryCreate(RouteSocket host, Netns netns, AddRequest request, PodVethWishes wishes, string name)
    {
        // Before, for the kernel may have made what it could not tell of, and it is looked up and configured by further requests.
        using var undo = new Undo();
        undo.Guard(name, made => host.FindLink(made)?.Delete());
        Link outer;
        try
        {
            outer = host.Create(new VethSpec(name, request.IfName.Value)
            {
                PeerNetns = netns,
                Mtu = wishes.Mtu,
                Mac = MacAddress.Random(),
                PeerMac = wishes.Mac ?? MacAddress.Random(),
                TxQueueLength = 0,
                Queues = 1,
                MasterIndex = wishes.Bridge?.Index,
            });
        }
        catch (NetlinkException e) when (e.Errno is Errno.EEXIST)
        {
            undo.Commit(); // a link of that name is somebody else's
            return null;
        }

        Configure(host, outer, Owner.Of(request), wishes);
        undo.Commit();
        return outer;
    }

    private static void Configure(RouteSocket host, Link outer, Owner owner, PodVethWishes wishes)
    {
        // A bridge's port too: frames to 01:80:c2:00:00:0e and the like are not the bridge's but its own (br_handle_frame).
        var isSoft = Hardening.IsMissing(outer);
        if (isSoft || wishes.NoDad)
        {
            using var v6 = SysctlDirectory.Open($"net/ipv6/conf/{outer}");
            if (isSoft)
                Hardening.ApplyV6(v6);
            if (wishes.NoDad)
                _ = v6.TryWrite("accept_dad", "0");
        }

        var change = (isSoft ? Hardening.V4 : new LinkChange()) with { Alias = owner.Alias, Port = wishes.Port };
        host.Batch().Configure(outer, change, wishes.Port is null ? null : $"failed to setup hairpin mode for {outer}").Commit();
    }

    private static Link AwaitUp(Link end, string failure)
    {
        var link = end;
        foreach (var milliseconds in (ReadOnlySpan<int>)[0, 1, 2, 5, 10, 50, 200, 500, 1000, 1000])
        {
            Sleep.For(TimeSpan.FromMilliseconds(milliseconds));
            link = end.Refresh() ?? throw new LinkNotFoundException(end.Name);
            if (link.OperState == OperState.Up)
                return link;
        }

        throw new CniException($"{failure}: {link.OperState.Describe()}");
    }

    private static string HostName() => $"veth{Random.Shared.Next(int.MinValue, int.MaxValue):x8}";

    private static CniException AlreadyExists(IfName ifName, string name) =>
        new($"container veth name (\"{ifName}\") peer provided (\"{name}\") already exists", $"DEL the earlier attachment of {ifName} first");
}
