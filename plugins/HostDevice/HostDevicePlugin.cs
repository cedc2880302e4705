using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Linux;
using CniPlugins.Route;

namespace CniPlugins.HostDevice;

/// <summary>Moves one of the host's devices into a pod, and back when the pod goes.</summary>
internal sealed class HostDevicePlugin : Plugin<HostDeviceConfig>
{
    public override PluginRole Role => PluginRole.Main;

    public override void Declare(OptionReader options) => _ = new HostDeviceConfig(options);

    protected override HostDeviceConfig Read(Request request) => OptionReader.Load(request, options => new HostDeviceConfig(options));

    protected override CniResult Add(AddRequest request, HostDeviceConfig config)
    {
        var choice = config.Choice!;
        using var netns = PodNetns.Open(request.Netns);
        using var home = Netns.Own();
        using var host = RouteSocket.OpenHere();
        using var pod = RouteSocket.OpenIn(netns);
        choice.RequireHardware();
        var device = choice.IsInUserSpace ? null : choice.Require(host);
        using var undo = new Undo();

        var hasIpam = request.Conf.IpamType.Length > 0;
        var early = AddressLease.Early(request, undo);
        var inner = device is null ? null : Move(new Relocation(host, pod, home, device), device, netns, request, undo);
        var leased = AddressLease.On(request, undo, early, inner is null ? [] : [inner]);
        var ips = leased.Ips.Select(ip => ip with { Interface = 0 }).ToList();
        if (inner is not null)
            BringUp(netns, pod, inner, leased with { Ips = ips });
        undo.Commit();
        return leased with
        {
            Interfaces = [new Interface(request.IfName.Value, inner?.Mac?.ToString() ?? "", request.Netns)],
            Ips = ips,
            Dns = hasIpam ? config.Dns.OrElse(leased.Dns) : leased.Dns,
        };
    }

    protected override void Check(CheckRequest request, HostDeviceConfig config)
    {
        using var netns = PodNetns.Open(request.Netns);
        if (request.Conf.IpamType.Length > 0)
            request.Ipam.Check();
        var expected = request.Conf.PreviousResult() ?? throw new CniException("Required prevResult missing");
        if (config.Choice!.IsInUserSpace)
            return;
        var promised = Expect.PodInterface(request, expected);
        using var pod = RouteSocket.OpenIn(netns);
        var inner = pod.FindLink(promised.Name)
            ?? throw new CniException($"Container Interface name in prevResult: {promised.Name} not found");
        if (!Expect.HasMac(inner, promised))
            throw new CniException($"Interface {inner} Mac {promised.Mac} doesn't match container Mac: {inner.Mac}");
        if (inner.Alias.Length == 0)
            throw new CniException($"failed to find original ifname for \"{inner}\" (alias is not set)", "DEL could not give the device its name back");
        if (!inner.IsUp)
            throw new CniException($"Interface {inner} is down");

        var routes = pod.Routes();
        Expect.Addresses(pod, inner, [.. expected.IpsOf(request.IfName)], routes);
        Expect.Routes(pod, expected.Routes, routes);
    }

    /// <summary>The device first, as a rule: while a pod may have it, its addresses must not be another's.</summary>
    protected override void Del(DelRequest request, HostDeviceConfig config)
    {
        var teardown = new Teardown();
        AddressLease.GiveBack(request, teardown, () => teardown.Try(() => BringBack(request, config)));
        teardown.ThrowIfFailed();
    }

    /// <summary>Nobody can look into all pods: what came back by itself gets its name back.</summary>
    protected override void Gc(GcRequest request, HostDeviceConfig config)
    {
        var teardown = new Teardown();
        AddressLease.Collect(request, teardown, () =>
        {
            using var host = RouteSocket.OpenHere();
            if (new Homecoming(host, config.Choice).FindOnHost(ifName: null) is { } returned)
                Relocation.Rename(returned);
        });
        teardown.ThrowIfFailed();
    }

    /// <summary>A device that a pod has is none that is missing, and which of the two it is nobody can tell, but of hardware.</summary>
    protected override void Status(StatusRequest request, HostDeviceConfig config)
    {
        try
        {
            config.Choice!.RequireHardware();
        }
        catch (CniException e)
        {
            throw new CniException(CniErrorCode.PluginNotAvailable, e.Message, e.Details, e);
        }

        if (request.Conf.IpamType.Length > 0)
            request.Ipam.Status();
    }

    private static Link Move(Relocation relocation, Link device, Netns netns, AddRequest request, Undo undo)
    {
        if (relocation.Addresses.Any())
            StandardError.WriteLine($"{request.Conf.Type}: {device} loses what it has on the host: {string.Join(", ", relocation.Addresses)}");
        return undo.Guard(relocation.MoveInto(netns, request.IfName), _ => relocation.Undo());
    }

    private static void BringUp(Netns netns, RouteSocket pod, Link inner, CniResult leased)
    {
        var hasV6 = leased.Ips.Any(ip => ip.Address.Address.IsV6);
        using var detection = hasV6 ? AddressMonitor.OpenIn(netns) : null;
        if (leased.Ips.Count > 0)
            InterfaceSetup.Prepare(netns, pod, inner, leased.Ips, detectDuplicates: hasV6);
        InterfaceSetup.Apply(pod, inner, leased, detection);
    }

    private static void BringBack(DelRequest request, HostDeviceConfig config)
    {
        using var host = RouteSocket.OpenHere();
        var homecoming = new Homecoming(host, config.Choice);
        using (var netns = PodNetns.Find(request))
        {
            if (netns is not null)
            {
                using var home = Netns.Own();
                using var pod = RouteSocket.OpenIn(netns);
                if (homecoming.FindIn(pod, request) is { } found)
                {
                    Relocation.MoveBack(pod, home, found.Link, found.Name);
                    return;
                }
            }
        }

        if (homecoming.FindOnHost(request.IfName.Value) is { } returned)
            Relocation.Rename(returned);
    }
}
