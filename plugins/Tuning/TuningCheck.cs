using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Route;

namespace CniPlugins.Tuning;

/// <summary>CHECK: whether settings are as configured; failures in upstream's words (plugins/meta/tuning/tuning.go, cmdCheck).</summary>
internal static class TuningCheck
{
    public static void Sysctls(Netns netns, IReadOnlyList<PodSysctl> sysctls) => netns.Run(() =>
    {
        foreach (var sysctl in sysctls)
            sysctl.Check();
    });

    /// <summary>Who does not ask for promiscuity must not have it; of the rest, only what was asked for is looked at.</summary>
    public static void Settings(Link link, LinkSettings wishes, string macText)
    {
        if (wishes.Mac is { } mac && link.Mac != mac)
            throw new CniException($"Error: Tuning configured Ethernet of {link} is {macText}, current value is {link.Mac}");
        if (link.IsPromiscuous != (wishes.Promiscuous is true))
            throw new CniException($"Error: Tuning link {link} configured promisc is {Word(wishes.Promiscuous is true)}, current value is {(link.IsPromiscuous ? 1 : 0)}");
        if (wishes.Mtu is { } mtu && link.Mtu != mtu)
            throw new CniException($"Error: Tuning configured MTU of {link} is {mtu}, current value is {link.Mtu}");
        if (wishes.AllMulticast is { } all && link.IsAllMulticast != all)
            throw new CniException($"Error: Tuning configured all-multicast mode of {link} is {Word(all)}, current value is {Word(link.IsAllMulticast)}");
        if (wishes.TxQueueLength is { } length && link.TxQueueLength != length)
            throw new CniException($"Error: Tuning configured Transmit Queue Length of {link} is {length}, current value is {link.TxQueueLength}");
    }

    private static string Word(bool value) => value ? "true" : "false";
}
