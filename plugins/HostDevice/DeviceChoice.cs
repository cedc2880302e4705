using CniPlugins.Cni;
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

    /// <summary>Reads the options and the runtime's deviceID; throws for none of them, and for a bus ID that is no file's name.</summary>
    public static DeviceChoice Read(NetConf conf)
    {
        var root = conf.Root;
        var (name, mac, path) = (root.String("device") ?? "", root.String("hwaddr") ?? "", root.String("kernelpath") ?? "");
        var pci = root.String("pciBusID") ?? "";
        var bus = pci.Length == 0 ? "" : Below(PciDevices, pci);
        if (conf.RuntimeConfig?.String("deviceID") is { Length: > 0 } id)
        {
            bus = new[] { Below(PciDevices, id), Below(AuxiliaryDevices, id) }.FirstOrDefault(Sysfs.Exists)
                ?? throw new CniException($"runtime config DeviceID {id} not found or unsupported", "it is neither a PCI device's nor an auxiliary device's");
        }

        if (name.Length + mac.Length + path.Length + bus.Length == 0)
            throw new CniException(CniErrorCode.InvalidNetworkConfig, "specify either \"device\", \"hwaddr\", \"kernelpath\" or \"pciBusID\"");
        if (path.Length > 0 && (!path.StartsWith(KernelDevices, StringComparison.Ordinal) || path.Split('/').Contains("..")))
            throw new CniException($"failed to find host device: kernel device path \"{path}\" must be absolute and begin with {KernelDevices}");
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

    private static string Below(string directory, string id) => id.Contains('/', StringComparison.Ordinal) || id is "." or ".."
        ? throw new CniException(CniErrorCode.InvalidNetworkConfig, $"\"{id}\" is no device of a bus")
        : $"{directory}/{id}";
}
