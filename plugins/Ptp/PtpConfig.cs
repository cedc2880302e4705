using CniPlugins.Attachment;
using CniPlugins.Cni;

namespace CniPlugins.Ptp;

/// <summary>What a network's configuration says to the ptp plugin; names and defaults are the documentation's.</summary>
internal sealed record PtpConfig
{
    /// <summary>mtu of both ends of the veth; null lets the kernel choose.</summary>
    public int? Mtu { get; init; }

    /// <summary>ipMasq and ipMasqBackend; null when it is off.</summary>
    public Masquerade? Masquerade { get; init; }

    /// <summary>dns: if it says anything, it takes the place of what the address plugin says.</summary>
    public Dns Dns { get; init; } = Dns.None;

    public static PtpConfig Read(Request request)
    {
        try
        {
            // What is wrong with the rest must not keep DEL and GC from taking away what an earlier configuration made.
            if (request is DelRequest or GcRequest)
                return new PtpConfig { Masquerade = Masquerade.Read(request) };

            var mtu = request.Conf.Root.Int("mtu") ?? 0;
            return mtu >= 0
                ? new PtpConfig { Mtu = mtu == 0 ? null : mtu, Masquerade = Masquerade.Read(request), Dns = request.Conf.Dns }
                : throw new CniException(CniErrorCode.InvalidNetworkConfig, $"invalid MTU {mtu}", "mtu must not be negative");
        }
        catch (ConfigException e)
        {
            throw CniException.Because("failed to load netconf", e);
        }
    }
}
