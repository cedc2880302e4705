using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route;

namespace CniPlugins.HostDevice;

/// <summary>A device of the host's on its way into a pod, and back under its own name, which is its alias meanwhile, as with upstream.</summary>
/// <remarks>
/// Each way is one message: the kernel moves the link, then gives it its name and alias. So nobody who is killed leaves it half-way, and there
/// is no third namespace that it could be lost with. The alias is there before the link goes, in case the pod has that name already after all.
/// </remarks>
internal sealed class Relocation(RouteSocket host, RouteSocket pod, Netns home, Link device)
{
    // Where the kernel itself puts a link whose name is taken (default_device_exit_net).
    private const string AnyName = "dev%d";

    // The move takes them away.
    private readonly IReadOnlyList<AddressInfo> _addresses =
        [.. device.Addresses().Where(each => each.Scope == 0 && each.Flags.HasFlag(AddressFlags.Permanent))];

    /// <summary>The host's addresses that the device has.</summary>
    public IEnumerable<Cidr> Addresses => _addresses.Select(each => each.Address);

    /// <summary>ip link set DEVICE alias DEVICE netns POD name eth0: the link in the pod, down and without addresses.</summary>
    public Link MoveInto(Netns netns, IfName ifName)
    {
        var what = $"failed to move link failed to move \"{ifName}\" (host: \"{device}\") to container NS";
        if (pod.FindLink(ifName.Value) is not null)
            throw new CniException($"{what}: file exists", $"the pod has a {ifName} already");
        try
        {
            host.Batch().Configure(device, new LinkChange { Alias = device.Name }).Move(device, netns, ifName.Value, device.Name, what).Commit();
            return pod.RequireLink(ifName.Value);
        }
        catch (Exception e) when (e is NetlinkException or LinkNotFoundException)
        {
            Undo();
            throw;
        }
    }

    /// <summary>What a failed ADD leaves: the device as it was, with its addresses.</summary>
    public void Undo()
    {
        if (host.FindLink(device.Index) is { } here && here.Name == device.Name)
        {
            here.SetAlias(device.Alias);
            return;
        }

        if (pod.Links().FirstOrDefault(link => link.Alias == device.Name) is not { } moved)
            return;
        MoveBack(pod, home, moved, device.Name);
        var back = host.RequireLink(device.Name);
        var batch = host.Batch().Configure(back, new LinkChange { Alias = device.Alias });
        foreach (var each in _addresses)
            batch.AddAddress(back, each.Address, each.Address.Address.IsV6 ? AddressFlags.NoDad : AddressFlags.None);
        if (device.IsUp)
            batch.SetUp(back);
        batch.Commit();
    }

    /// <summary>ip -n POD link set eth0 netns HOST name DEVICE alias "": the link leaves the pod, if need be under another name, and then throws.</summary>
    public static void MoveBack(RouteSocket pod, Netns home, Link inner, string name)
    {
        try
        {
            pod.Batch().Move(inner, home, name, alias: "", $"failed to move \"{inner}\" to the host").Commit();
        }
        catch (NetlinkException e) when (e.Errno is Errno.EEXIST)
        {
            // Both names are taken on the host. In a pod that goes the link would go too.
            if (inner.Refresh() is { } left)
                pod.Batch().Move(left, home, AnyName, name).Commit();
            throw NameTaken(name, e);
        }
    }

    /// <summary>A device that the kernel gave back when its pod went: ip link set NAME name DEVICE alias "".</summary>
    public static void Rename(Link returned)
    {
        var name = returned.Alias;
        if (name == returned.Name)
        {
            returned.SetAlias("");
            return;
        }

        try
        {
            if (returned.IsUp)
                returned.SetDown(); // older kernels do not rename links that are up
            returned.Rename(name, alias: "");
        }
        catch (NetlinkException e) when (e.Errno is Errno.EEXIST)
        {
            throw NameTaken(name, e);
        }
    }

    private static CniException NameTaken(string name, Exception cause) => new(
        CniErrorCode.Internal,
        $"failed to rename link to its original name \"{name}\": file exists",
        "EEXIST; the device is on the host, its alias says what it was called: ip -d link",
        cause);
}
