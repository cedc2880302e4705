using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.HostDevice;

/// <summary>Which of the host's devices a network means: the first of device, hwaddr, kernelpath and pciBusID that is given.</summary>
/// <param name="Name">device: its name on the host; empty for none.</param>
/// <param name="Mac">hwaddr as it is written.</param>
/// <param name="SysPath">kernelpath, or the PCI or auxiliary device: a directory of sysfs, of which a network device is part.</param>
/// <param name="IsPci">Whether that is a PCI device, whose driver may keep it from being a network device.</param>
internal sealed record DeviceChoice(string Name, string Mac, string SysPath, bool IsPci)
{
    private const string PciDevices = "/sys/bus/pci/devices";
    private const string AuxiliaryDevices = "/sys/bus/auxiliary/devices";
    private const string KernelDevices = "/sys/devices/";

    // They hand the device to a program in user space (DPDK), and there is no interface to move.
    private static readonly string[] UserSpaceDrivers = ["vfio-pci", "uio_pci_generic", "igb_uio"];

    /// <summary>Whether the device belongs to a program in user space, so that nothing is moved.</summary>
    public bool IsInUserSpace => Name.Length == 0 && Mac.Length == 0 && IsPci && UserSpaceDrivers.Contains(Sysfs.DriverOf(SysPath));

    /// <summary>Reads the options and the runtime's deviceID; refuses none of them, and a bus ID that is no file's name, and is null where that does not throw.</summary>
    public static DeviceChoice? Read(OptionReader options)
    {
        var name = options.Text("device", "The device's name on the host; the first that is given counts of this and the following.");
        var mac = options.Text("hwaddr", "The device's hardware address.");
        var path = options.Text("kernelpath", "The device's directory of sysfs, below `/sys/devices/`.");
        var pci = options.Text("pciBusID", "The PCI device whose interface it is, as `0000:00:1f.6`.");
        var id = options.Section("runtimeConfig").Text("deviceID", "A PCI or auxiliary device in the place of pciBusID.", since: "1.0.0");
        var bus = id.Length > 0 ? Given(options, id) : pci.Length > 0 ? Below(options, "pciBusID", PciDevices, pci) : "";
        if (bus.Length == 0 && id.Length + pci.Length > 0)
            return null;
        var isOpen = options.IsSurvey && options.Offers("deviceID");
        if (name.Length + mac.Length + path.Length + bus.Length == 0 && !isOpen)
        {
            options.Refuse("", "specify either \"device\", \"hwaddr\", \"kernelpath\" or \"pciBusID\"", code: CniErrorCode.InvalidNetworkConfig);
            return null;
        }

        if (path.Length > 0 && (!path.StartsWith(KernelDevices, StringComparison.Ordinal) || path.Split('/').Contains("..")))
        {
            options.Refuse("kernelpath", $"failed to find host device: kernel device path \"{path}\" must be absolute and begin with {KernelDevices}");
            return null;
        }

        return new DeviceChoice(name, mac, path.Length > 0 ? path : bus, path.Length == 0 && bus.StartsWith(PciDevices, StringComparison.Ordinal));
    }

    /// <summary>The device on the host; null when it is not there (a pod has it), throws for what can never be found.</summary>
    public Link? Find(RouteSocket host)
    {
        if (Name.Length > 0)
            return host.FindLink(Name);
        if (Mac.Length > 0)
        {
            return MacAddress.TryParse(Mac, out var mac)
                ? host.Links().FirstOrDefault(link => link.Mac == mac)
                : throw new CniException($"failed to find host device: failed to parse MAC address \"{Mac}\": address {Mac}: invalid MAC address");
        }

        return Sysfs.NetworkDevicesOf(SysPath).Select(host.FindLink).OfType<Link>().FirstOrDefault();
    }

    /// <summary>The device on the host; throws <c>failed to find host device: …</c>.</summary>
    public Link Require(RouteSocket host)
    {
        try
        {
            return Find(host) ?? throw NotFound();
        }
        catch (LibcException e)
        {
            throw CniException.Because("failed to find host device: failed to read directory", e);
        }
    }

    /// <summary>Throws unless the hardware is there, whoever has the interface; what is chosen by name or address can be in a pod.</summary>
    public void RequireHardware()
    {
        if (SysPath.Length > 0 && Name.Length == 0 && Mac.Length == 0 && !Sysfs.Exists(SysPath))
            throw NoSuchHardware();
    }

    private CniException NotFound() => SysPath.Length > 0 && Name.Length == 0 && Mac.Length == 0
        ? new CniException(
            IsPci ? $"failed to find host device: no net directory under pci device {Path.GetFileName(SysPath)}" : "failed to find host device: failed to find physical interface",
            "a pod may have it, or its driver makes no interface of it")
        : new CniException("failed to find host device: Link not found", $"no link is called {Name}{Mac} here: a pod may have it; ip link show");

    private CniException NoSuchHardware() =>
        new($"error with host device: lstat {SysPath}: no such file or directory", "ENOENT; ls /sys/bus/pci/devices lists what there is");

    private static string Given(OptionReader options, string id)
    {
        foreach (var directory in new[] { PciDevices, AuxiliaryDevices })
        {
            if (Below(options, "", directory, id) is { Length: > 0 } path && Sysfs.Exists(path))
                return path;
        }

        options.Refuse("", $"runtime config DeviceID {id} not found or unsupported", "it is neither a PCI device's nor an auxiliary device's");
        return "";
    }

    private static string Below(OptionReader options, string key, string directory, string id)
    {
        if (!id.Contains('/', StringComparison.Ordinal) && id is not ("." or ".."))
            return $"{directory}/{id}";
        options.Refuse(key, $"\"{id}\" is no device of a bus", code: CniErrorCode.InvalidNetworkConfig);
        return "";
    }
}
