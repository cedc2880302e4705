using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Net;

namespace CniPlugins.Tap;

/// <summary>What a network's configuration says to the tap plugin.</summary>
internal sealed class TapConfig(OptionReader options)
{
    /// <summary>Null when nobody cares.</summary>
    public MacAddress? Mac { get; } = LinkOptions.Mac(options);

    public int? Mtu { get; } = LinkOptions.Mtu(options, "The tap's MTU; 0 is the kernel's choice.");

    public bool MultiQueue { get; } = options.Flag("multiQueue", "It may be opened more than once, a queue each.");

    /// <summary>Null is root.</summary>
    public uint? Owner { get; } = ReadId(options, "owner", "The user who may open it, a number.");

    public uint? Group { get; } = ReadId(options, "group", "The group that may open it, a number.");

    public string SelinuxContext { get; } = options.Text("selinuxContext", "The tap's label: it is made by a process of that label.");

    public string Bridge { get; } = options.Text("bridge", "A bridge in the pod's namespace, whose port it becomes.", since: "1.4.0");

    public bool AcceptRa { get; } = LinkOptions.AcceptRa(options);

    /// <summary>If it says anything, it takes the place of what the address plugin says.</summary>
    public Dns Dns { get; } = DnsOptions.Read(options);

    private static uint? ReadId(OptionReader options, string key, string about)
    {
        var id = options.LongOrNull(key, about);
        if (id is < 0 or > uint.MaxValue)
            options.Refuse(key, $"invalid {key} {id}", "a number from 0 to 4294967295");
        return id is >= 0 and <= uint.MaxValue ? (uint)id : null;
    }
}
