using CniPlugins.Cni;

namespace CniPlugins.HostDevice;

/// <summary>What a network's configuration says to the host-device plugin; names and defaults are the documentation's.</summary>
internal sealed record HostDeviceConfig
{
    /// <summary>Which device; null if DEL and GC cannot tell from what the configuration has become.</summary>
    public DeviceChoice? Choice { get; init; }

    /// <summary>dns: if it says anything, it takes the place of what the address plugin says.</summary>
    public Dns Dns { get; init; } = Dns.None;

    public static HostDeviceConfig Read(Request request)
    {
        if (request is DelRequest or GcRequest)
            return new HostDeviceConfig { Choice = Find(request.Conf) };
        try
        {
            return new HostDeviceConfig { Choice = DeviceChoice.Read(request.Conf), Dns = request.Conf.Dns };
        }
        catch (ConfigException e)
        {
            throw CniException.Because("failed to load netconf", e);
        }
    }

    /// <summary>What is wrong with it must not keep DEL and GC from bringing back what an earlier configuration took.</summary>
    private static DeviceChoice? Find(NetConf conf)
    {
        try
        {
            return DeviceChoice.Read(conf);
        }
        catch (Exception e) when (e is ConfigException or CniException)
        {
            return null;
        }
    }
}
