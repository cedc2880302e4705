using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Net;

namespace CniPlugins.Tuning;

/// <summary>What a network's configuration says to the tuning plugin.</summary>
internal sealed class TuningConfig
{
    private TuningConfig(OptionReader options, OptionReader wishes)
    {
        DataDir = options.Text("dataDir", "Where the interface's former settings are kept until DEL.", "/run/cni/tuning", since: "1.0.0");
        var own = options.TextsByKey("sysctl", "Kernel settings of the pod, below `net.`; IFNAME in a key is the interface's name.");
        Sysctls = Merge(own, wishes.TextsByKey("sysctl", "Kernel settings in the place of those of that name, or besides them."));
        MacText = ReadMac(options, wishes);
        var mtu = wishes.IntOrNull("mtu", "In the place of `mtu`.");
        mtu ??= options.Int("mtu", "The interface's MTU; 0 leaves it as it is.");
        var promisc = wishes.FlagOrNull("promisc", "In the place of `promisc`.");
        promisc ??= options.Flag("promisc", "The interface takes all frames; false leaves it as it is.");
        var allmulti = wishes.FlagOrNull("allmulti", "In the place of `allmulti`.");
        allmulti ??= options.FlagOrNull("allmulti", "Whether the interface takes all multicast frames; when absent, it stays as it is.", since: "1.2.0");
        var queue = wishes.LongOrNull("txQLen", "In the place of `txQLen`.");
        queue ??= options.LongOrNull("txQLen", "How many packets the interface's queue holds; when absent, it stays as it is.", since: "1.4.0");
        Wishes = new LinkSettings
        {
            Mac = MacAddress.TryParse(MacText, out var mac) ? mac : null,
            Promiscuous = promisc is true ? true : null,
            Mtu = mtu == 0 ? null : mtu,
            AllMulticast = allmulti,
            TxQueueLength = (uint?)queue,
        };
        if (own.Select(sysctl => sysctl.Key).Distinct().Count() < own.Count)
            options.Refuse("sysctl", "duplicated sysctl keys are not allowed");
        if (mtu < 0)
            options.Refuse("mtu", $"invalid MTU {mtu}", "mtu must not be negative; 0 leaves it as it is");
        if (queue is < 0 or > uint.MaxValue)
            options.Refuse("txQLen", $"invalid txQLen {queue}", "a number of packets from 0 to 4294967295");
        if (MacText.Length > 0 && Wishes.Mac is null)
            options.Refuse("mac", $"invalid args {MacText} for MAC addr: address {MacText}: invalid MAC address", "six bytes, as 02:00:00:00:00:01");
    }

    /// <summary>Kernel settings by their keys as written, and what they shall be.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Sysctls { get; }

    /// <summary>mac, promisc, mtu, allmulti and txQLen.</summary>
    public LinkSettings Wishes { get; }

    /// <summary>mac as it was written: the result repeats it so; empty for none.</summary>
    public string MacText { get; }

    public string DataDir { get; }

    /// <summary>Decodes and validates in upstream's words.</summary>
    public static TuningConfig Read(OptionReader options) => new(options, options.Section("args").Section("cni"));

    /// <summary>What ADD would find out: keys that lead out of the pod, an address that no interface can have.</summary>
    public void RequireSettable(OptionReader options)
    {
        foreach (var sysctl in Sysctls)
        {
            try
            {
                _ = PodSysctl.Parse(sysctl, "IFNAME");
            }
            catch (CniException e)
            {
                options.Section("sysctl").Refuse(sysctl.Key, e.Message, e.Details);
            }
        }

        if (Wishes.Mac is { IsGroup: true })
            options.Refuse("mac", $"{MacText} is the address of a group, which no interface can have");
    }

    /// <summary>args.cni.mac before runtimeConfig.mac before MAC in CNI_ARGS before mac.</summary>
    private static string ReadMac(OptionReader options, OptionReader wishes)
    {
        var own = options.Text("mac", "The interface's hardware address.");
        var given = options.Section("runtimeConfig").Text("mac", "In the place of `mac`; `args.cni.mac` goes before it, and it before MAC in CNI_ARGS.");
        return wishes.TextOrNull("mac", "In the place of all others.") is { } wish ? wish
            : given.Length > 0 ? given
            : CniArgs.Parse(options.Args, "MAC")["MAC"] is { Length: > 0 } argument ? argument
            : own;
    }

    /// <summary>args.cni.sysctl replaces single values and adds others.</summary>
    private static IReadOnlyList<KeyValuePair<string, string>> Merge(
        IReadOnlyList<KeyValuePair<string, string>> own, IReadOnlyList<KeyValuePair<string, string>> over)
    {
        var merged = new List<KeyValuePair<string, string>>(own);
        foreach (var wish in over)
        {
            var at = merged.FindIndex(sysctl => sysctl.Key == wish.Key);
            if (at < 0)
                merged.Add(wish);
            else
                merged[at] = wish;
        }

        return merged;
    }
}
