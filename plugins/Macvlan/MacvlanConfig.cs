using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Macvlan;

/// <summary>What a network's configuration says to the macvlan plugin.</summary>
internal sealed class MacvlanConfig(OptionReader options)
{
    public Master Master { get; } = Master.Read(options, "The device; when absent, that of the default route.");

    public MacvlanMode Mode { get; } = ReadMode(options);

    /// <summary>Null when nobody cares.</summary>
    public MacAddress? Mac { get; } = LinkOptions.Mac(options);

    /// <summary>Null is the kernel's choice.</summary>
    public uint? BroadcastQueueLength { get; } = ReadQueue(options);

    public bool AcceptRa { get; } = LinkOptions.AcceptRa(options);

    /// <summary>If it says anything, it takes the place of what the address plugin says.</summary>
    public Dns Dns { get; } = DnsOptions.Read(options);

    private static MacvlanMode ReadMode(OptionReader options)
    {
        var text = options.Text("mode", "Whom pods hear: `bridge` each other, `private` nobody on the device, `vepa` by a switch outside; `passthru` is for one pod.", "bridge");
        switch (text)
        {
            case "private":
                return MacvlanMode.Private;
            case "vepa":
                return MacvlanMode.Vepa;
            case "passthru":
                return MacvlanMode.Passthru;
            case "bridge":
                return MacvlanMode.Bridge;
            default:
                options.Refuse("mode", $"unknown macvlan mode: \"{text}\"", "known are bridge, private, vepa and passthru");
                return MacvlanMode.Bridge;
        }
    }

    private static uint? ReadQueue(OptionReader options)
    {
        var length = options.LongOrNull("bcqueuelen", "How many broadcast frames may wait to be copied to each pod; 0 is the kernel's choice.", since: "1.3.0") ?? 0;
        if (length is < 0 or > uint.MaxValue)
        {
            options.Refuse("bcqueuelen", $"invalid bcqueuelen {length}", "a number of frames from 0 to 4294967295");
            return null;
        }

        return length == 0 ? null : (uint)length;
    }
}
