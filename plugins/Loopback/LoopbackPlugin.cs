using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Loopback;

/// <summary>Brings the pod's <c>lo</c> up; the kernel gives it 127.0.0.1 and ::1 by itself.</summary>
internal sealed class LoopbackPlugin : Plugin
{
    private const string Name = "lo";

    /// <summary>
    /// Upstream answers in the newest shape under the old label, and containerd always calls with 0.3.1: its readers know that answer. Only a
    /// configuration without any version gets the oldest shape.
    /// </summary>
    public override CniVersion ShapeFor(NetConf conf) =>
        conf.VersionText.Length > 0 && !conf.Root.Has("prevResult") ? CniVersion.V110 : conf.Version;

    public override CniResult Add(AddRequest request)
    {
        var previous = request.Conf.PreviousResult();
        using var netns = Netns.Open(request.Netns);
        using var pod = RouteSocket.OpenIn(netns);
        var link = pod.RequireLink(Name);
        using var undo = new Undo();
        if (!link.IsUp)
            undo.Guard(link, lo => lo.SetDown()); // before, for a request whose answer is lost may have been carried out
        link.SetUp();

        var addresses = link.Addresses();
        if (addresses.FirstOrDefault(each => !IsLoopback(each.Address.Address)) is { } foreign)
            throw new CniException($"loopback interface found with non-loopback address \"{foreign.Address.Address}\"");

        undo.Commit();
        return previous ?? new CniResult
        {
            Interfaces = [new Interface(Name, link.Mac?.ToString() ?? "", request.Netns)],
            Ips = new[] { FirstOf(addresses, isV6: false), FirstOf(addresses, isV6: true) }
                .OfType<Cidr>().Select(address => new IpConfig(address, Interface: 0)).ToList(),
        };
    }

    public override void Check(CheckRequest request)
    {
        using var netns = Netns.Open(request.Netns);
        using var pod = RouteSocket.OpenIn(netns);
        if (!pod.RequireLink(Name).IsUp)
            throw new CniException("loopback interface is down");
    }

    /// <summary>Takes lo down, as upstream does; a pod that is gone has none.</summary>
    public override void Del(DelRequest request)
    {
        using var netns = PodNetns.Find(request);
        if (netns is null)
            return;
        using var pod = RouteSocket.OpenIn(netns);
        pod.FindLink(Name)?.SetDown();
    }

    /// <summary>lo goes with its namespace: there is nothing to collect.</summary>
    public override void Gc(GcRequest request)
    {
    }

    /// <summary>Every kernel has lo; a plugin that can answer can serve.</summary>
    public override void Status(StatusRequest request)
    {
    }

    private static bool IsLoopback(IpAddress address) => Cidr.Parse(address.IsV6 ? "::1/128" : "127.0.0.0/8").Contains(address);

    private static Cidr? FirstOf(IReadOnlyList<AddressInfo> addresses, bool isV6)
    {
        foreach (var address in addresses)
        {
            if (address.Address.Address.IsV6 == isV6)
                return address.Address;
        }

        return null;
    }
}
