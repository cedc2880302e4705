using CniPlugins.Cni;
using CniPlugins.Cni.Options;

namespace CniPlugins.HostDevice;

/// <summary>What a network's configuration says to the host-device plugin.</summary>
internal sealed class HostDeviceConfig(OptionReader options)
{
    /// <summary>Which device; null if DEL and GC cannot tell from what the configuration has become.</summary>
    public DeviceChoice? Choice { get; } = DeviceChoice.Read(options);

    /// <summary>If it says anything, it takes the place of what the address plugin says.</summary>
    public Dns Dns { get; } = DnsOptions.Read(options);
}
