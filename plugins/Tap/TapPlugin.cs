using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Route;

namespace CniPlugins.Tap;

/// <summary>Makes a tap in a pod, for a virtual machine or another program that makes its own frames.</summary>
internal sealed class TapPlugin : Plugin<TapConfig>
{
    public override PluginRole Role => PluginRole.Main;

    public override void Declare(OptionReader options) => _ = new TapConfig(options);

    protected override TapConfig Read(Request request) => OptionReader.Load(request, options => new TapConfig(options));

    protected override CniResult Add(AddRequest request, TapConfig config)
    {
        using var netns = PodNetns.Open(request.Netns);
        using var pod = RouteSocket.OpenIn(netns);
        PodLink.RequireFree(pod, request.IfName, "tap");
        var bridge = FindBridge(pod, config);
        using var undo = new Undo();

        var link = undo.Guard(TapDevice.Create(netns, pod, request.IfName, config), created => created.Delete());
        link = Configure(pod, link, config, Owner.Of(request), bridge);
        if (request.Conf.IpamType.Length > 0 && !config.AcceptRa)
            InterfaceSetup.IgnoreRouters(netns, link);
        var leased = PodLink.Lease(request, link, undo);
        PodLink.BringUp(netns, pod, link, leased, isShared: false);
        undo.Commit();
        return PodLink.Result(request, link, leased, config.Dns);
    }

    protected override void Check(CheckRequest request, TapConfig config)
    {
        using var netns = PodNetns.Open(request.Netns);
        PodLink.AskIpam(request, request.Ipam.Check);
        using var pod = RouteSocket.OpenIn(netns);
        var link = PodLink.Check(request, pod, TunData.KindName);
        Expect.Mtu(link, config.Mtu ?? 0);
        if (link.Data is TunData tap && (tap.Owner, tap.Group, tap.MultiQueue) != (config.Owner, config.Group, config.MultiQueue))
        {
            throw new CniException(
                $"tap {link} has owner {Text(tap.Owner)}, group {Text(tap.Group)}, multiQueue {tap.MultiQueue}; "
                + $"expected {Text(config.Owner)}, {Text(config.Group)}, {config.MultiQueue}");
        }

        if (FindBridge(pod, config) is { } bridge && link.MasterIndex != bridge.Index)
            throw new CniException($"tap {link} is not a port of bridge {bridge}");
    }

    protected override void Del(DelRequest request, TapConfig config) => PodLink.Remove(request);

    protected override void Gc(GcRequest request, TapConfig config) => PodLink.Collect(request);

    /// <summary>Whether the kernel has taps is found out by making one, where nobody sees it.</summary>
    protected override void Status(StatusRequest request, TapConfig config)
    {
        try
        {
            Netns.RunInNew(() =>
            {
                new TapSpec("tap").Create();
                return true;
            });
        }
        catch (LibcException e)
        {
            throw new CniException(CniErrorCode.PluginNotAvailable, $"failed to create tap: {e.Message}", "modprobe tun", e);
        }

        PodLink.AskIpam(request, request.Ipam.Status);
    }

    private static Link? FindBridge(RouteSocket pod, TapConfig config)
    {
        if (config.Bridge.Length == 0)
            return null;
        return pod.FindLink(config.Bridge) ?? throw new CniException(
            $"failed to get bridge {config.Bridge}: Link not found", "it is looked for in the pod's namespace, where an earlier plugin must have made it");
    }

    /// <summary>ip link set dev eth0 alias … mtu … address … master BRIDGE.</summary>
    private static Link Configure(RouteSocket pod, Link link, TapConfig config, Owner owner, Link? bridge)
    {
        try
        {
            link.Configure(new LinkChange { Alias = owner.Alias, Mtu = config.Mtu, Mac = config.Mac, MasterIndex = bridge?.Index });
            return pod.RequireLink(link.Name);
        }
        catch (NetlinkException e)
        {
            throw CniException.Because(
                bridge is null ? "failed to create tap" : $"failed to set tap {link} as a port of bridge {bridge}", e);
        }
    }

    private static string Text(uint? id) => id is { } number ? $"{number}" : "nobody";
}
