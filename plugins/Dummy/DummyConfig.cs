using CniPlugins.Cni;
using CniPlugins.Cni.Options;

namespace CniPlugins.Dummy;

/// <summary>What a network's configuration says to the dummy plugin.</summary>
internal sealed class DummyConfig
{
    public DummyConfig(OptionReader options)
    {
        Dns = DnsOptions.Read(options);
        if (CommonOptions.IpamType(options).Length == 0)
            options.Refuse("", "dummy interface requires an IPAM configuration");
    }

    /// <summary>If it says anything, it takes the place of what the address plugin says.</summary>
    public Dns Dns { get; }
}
