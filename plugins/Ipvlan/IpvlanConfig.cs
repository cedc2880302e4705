using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Route;

namespace CniPlugins.Ipvlan;

/// <summary>What a network's configuration says to the ipvlan plugin.</summary>
internal sealed class IpvlanConfig(OptionReader options)
{
    public Master Master { get; } = Master.Read(options, "The device; when absent, the interface of the plugin before, else that of the default route.");

    public IpvlanMode Mode { get; } = ReadMode(options);

    public bool AcceptRa { get; } = LinkOptions.AcceptRa(options);

    /// <summary>If it says anything, it takes the place of what the address plugin says.</summary>
    public Dns Dns { get; } = DnsOptions.Read(options);

    private static IpvlanMode ReadMode(OptionReader options)
    {
        var text = options.Text("mode", "`l2`: neighbours are asked for; `l3`: the host routes for the pods; `l3s`: and its netfilter sees what comes in.", "l2");
        switch (text)
        {
            case "l2":
                return IpvlanMode.L2;
            case "l3":
                return IpvlanMode.L3;
            case "l3s":
                return IpvlanMode.L3S;
            default:
                options.Refuse("mode", $"unknown ipvlan mode: \"{text}\"", "known are l2, l3 and l3s");
                return IpvlanMode.L2;
        }
    }
}
