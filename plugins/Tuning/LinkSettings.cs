using CniPlugins.Cni;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Tuning;

/// <summary>Some of an interface's settings: those that are wished for, or what they were before; null is one that nobody touches.</summary>
internal sealed record LinkSettings
{
    public MacAddress? Mac { get; init; }

    public bool? Promiscuous { get; init; }

    /// <summary>In bytes.</summary>
    public int? Mtu { get; init; }

    public bool? AllMulticast { get; init; }

    /// <summary>In packets.</summary>
    public uint? TxQueueLength { get; init; }

    public bool IsEmpty => this == new LinkSettings();

    /// <summary>Single settings, in the order in which upstream makes them.</summary>
    public IReadOnlyList<LinkSettings> Each =>
    [
        .. new LinkSettings[]
        {
            new() { Mac = Mac }, new() { Promiscuous = Promiscuous }, new() { Mtu = Mtu }, new() { AllMulticast = AllMulticast },
            new() { TxQueueLength = TxQueueLength },
        }.Where(setting => !setting.IsEmpty),
    ];

    /// <summary>What a link has for the settings that are here. For a backup, promiscuous is who is so for whatever reason, as upstream has it.</summary>
    public LinkSettings Of(Link link) => new()
    {
        Mac = Mac is null ? null : link.Mac,
        Promiscuous = Promiscuous is null ? null : link.IsPromiscuous,
        Mtu = Mtu is null ? null : link.Mtu,
        AllMulticast = AllMulticast is null ? null : link.IsAllMulticast,
        TxQueueLength = TxQueueLength is null ? null : link.TxQueueLength,
    };

    /// <summary>Makes the link so, and returns what takes exactly that back: of promiscuity, only our part of it.</summary>
    public LinkSettings Exchange(Link link)
    {
        Apply(link);
        return Of(link) with { Promiscuous = Promiscuous is null ? null : link.HasPromiscuousFlag };
    }

    /// <summary>ip link set dev NAME [address MAC] [promisc on|off] [mtu BYTES] [allmulticast on|off] [txqueuelen PACKETS].</summary>
    public void Apply(Link link)
    {
        if (Mac is { } mac)
            link.SetMac(mac);
        if (Promiscuous is { } promiscuous)
            link.SetPromiscuous(promiscuous);
        if (Mtu is { } mtu)
            link.SetMtu(mtu);
        if (AllMulticast is { } all)
            link.SetAllMulticast(all);
        if (TxQueueLength is { } length)
            link.SetTxQueueLength(length);
    }

    /// <summary>
    /// What to go back to when a backup is there already: its value wherever the link has what is wished for, for then the link's own is what an
    /// earlier ADD made of it; and whatever else it remembers.
    /// </summary>
    public LinkSettings Before(Link link, LinkSettings wishes, LinkSettings earlier) => new()
    {
        Mac = link.Mac == wishes.Mac ? earlier.Mac ?? Mac : Mac ?? earlier.Mac,
        Promiscuous = link.IsPromiscuous == wishes.Promiscuous ? earlier.Promiscuous ?? Promiscuous : Promiscuous ?? earlier.Promiscuous,
        Mtu = link.Mtu == wishes.Mtu ? earlier.Mtu ?? Mtu : Mtu ?? earlier.Mtu,
        AllMulticast = link.IsAllMulticast == wishes.AllMulticast ? earlier.AllMulticast ?? AllMulticast : AllMulticast ?? earlier.AllMulticast,
        TxQueueLength = link.TxQueueLength == wishes.TxQueueLength ? earlier.TxQueueLength ?? TxQueueLength : TxQueueLength ?? earlier.TxQueueLength,
    };

    /// <summary>Upstream's backup (plugins/meta/tuning/tuning.go, createBackup): a blank before each member, no line break at the end.</summary>
    public string ToJson()
    {
        var members = new List<string>();
        if (Mac is { } mac)
            members.Add($"\"mac\": \"{mac}\"");
        if (Promiscuous is { } promiscuous)
            members.Add($"\"promisc\": {(promiscuous ? "true" : "false")}");
        if (Mtu is { } mtu)
            members.Add($"\"mtu\": {mtu}");
        if (AllMulticast is { } all)
            members.Add($"\"allmulti\": {(all ? "true" : "false")}");
        if (TxQueueLength is { } length)
            members.Add($"\"txQLen\": {length}");
        return members.Count == 0 ? "{}" : $"{{\n {string.Join(",\n ", members)}\n}}";
    }

    /// <summary>A backup of either implementation; throws <see cref="ConfigException"/> for what is none.</summary>
    public static LinkSettings Parse(ReadOnlyMemory<byte> json)
    {
        var root = ConfigObject.Parse(json);
        return new LinkSettings
        {
            Mac = root.String("mac") is not { Length: > 0 } text ? null
                : MacAddress.TryParse(text, out var mac) ? mac
                : throw new ConfigException($"address {text}: invalid MAC address"),
            Promiscuous = root.Bool("promisc"),
            Mtu = root.Int("mtu") is var mtu and not 0 ? mtu : null,
            AllMulticast = root.Bool("allmulti"),
            TxQueueLength = (uint?)root.Long("txQLen", least: 0, most: uint.MaxValue),
        };
    }
}
