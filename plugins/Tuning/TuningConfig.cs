using CniPlugins.Cni;
using CniPlugins.Net;

namespace CniPlugins.Tuning;

/// <summary>What a network's configuration says to the tuning plugin; names and defaults are the documentation's.</summary>
internal sealed record TuningConfig
{
    public const string DefaultDataDir = "/run/cni/tuning";

    /// <summary>sysctl: kernel settings by their keys as written, and what they shall be.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Sysctls { get; init; } = [];

    /// <summary>mac, promisc, mtu, allmulti and txQLen.</summary>
    public LinkSettings Wishes { get; init; } = new();

    /// <summary>mac as it was written: the result repeats it so; empty for none.</summary>
    public string MacText { get; init; } = "";

    /// <summary>dataDir: where the former values are kept until DEL.</summary>
    public string DataDir { get; init; } = DefaultDataDir;

    /// <summary>
    /// Decodes and validates in upstream's words (tuning.md 1); what is wrong must not keep DEL and GC from what they can do, so they learn nothing but
    /// <c>dataDir</c>.
    /// </summary>
    public static TuningConfig Read(Request request)
    {
        var lenient = request is DelRequest or GcRequest;
        try
        {
            var config = new TuningConfig { DataDir = request.Conf.Root.String("dataDir") is { Length: > 0 } directory ? directory : DefaultDataDir };
            return lenient ? config : config.With(request);
        }
        catch (ConfigException) when (lenient)
        {
            return new TuningConfig();
        }
        catch (ConfigException e)
        {
            throw CniException.Because("failed to load netconf", e);
        }
    }

    private TuningConfig With(Request request)
    {
        var root = request.Conf.Root;
        var wishes = request.Conf.CniArgs;
        var sysctls = root.TextsByKey("sysctl") ?? [];
        if (sysctls.Select(sysctl => sysctl.Key).Distinct().Count() < sysctls.Count)
            throw new CniException("duplicated sysctl keys are not allowed");

        var mac = wishes?.String("mac") ?? NonEmpty(request.Conf.RuntimeConfig?.String("mac"))
            ?? NonEmpty(CniArgs.Parse(request.Environment.Args, "MAC")["MAC"]) ?? root.String("mac") ?? "";
        var mtu = wishes?.Int("mtu") ?? root.Int("mtu") ?? 0;
        var queue = wishes?.Long("txQLen") ?? root.Long("txQLen");
        if (mtu < 0)
            throw new CniException($"invalid MTU {mtu}", "mtu must not be negative; 0 leaves it as it is");
        if (queue is < 0 or > uint.MaxValue)
            throw new CniException($"invalid txQLen {queue}", "a number of packets from 0 to 4294967295");
        return this with
        {
            Sysctls = Merge(sysctls, wishes?.TextsByKey("sysctl") ?? []),
            MacText = mac,
            Wishes = new LinkSettings
            {
                Mac = mac.Length == 0 ? null : ParseMac(mac),
                Promiscuous = (wishes?.Bool("promisc") ?? root.Bool("promisc") ?? false) ? true : null,
                Mtu = mtu == 0 ? null : mtu,
                AllMulticast = wishes?.Bool("allmulti") ?? root.Bool("allmulti"),
                TxQueueLength = (uint?)queue,
            },
        };
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

    private static MacAddress ParseMac(string text) => MacAddress.TryParse(text, out var mac)
        ? mac
        : throw new CniException($"invalid args {text} for MAC addr: address {text}: invalid MAC address", "six bytes, as 02:00:00:00:00:01");

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
