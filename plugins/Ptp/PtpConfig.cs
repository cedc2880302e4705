using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;

namespace CniPlugins.Ptp;

/// <summary>What a network's configuration says to the ptp plugin.</summary>
internal sealed class PtpConfig(OptionReader options)
{
    public int? Mtu { get; } = LinkOptions.Mtu(options, "The MTU of both ends of the veth; 0 is the kernel's choice.");

    public Masquerade? Masquerade { get; } = Masquerade.Read(options);

    /// <summary>If it says anything, it takes the place of what the address plugin says.</summary>
    public Dns Dns { get; } = DnsOptions.Read(options);
}
