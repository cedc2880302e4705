using CniPlugins.Cni;
using CniPlugins.Linux;

namespace CniPlugins.Bridge;

/// <summary>Options that need nf_tables, which this release does not program yet: refused by name, never passed over.</summary>
internal static class Unsupported
{
    /// <summary>ADD must not make an attachment that lacks what was asked for; code 7.</summary>
    public static void Refuse(BridgeConfig config)
    {
        foreach (var option in Asked(config))
        {
            throw new CniException(
                CniErrorCode.InvalidNetworkConfig,
                $"bridge: {option} is not supported by this version",
                $"take {option} out of the configuration, or keep upstream's bridge for this network");
        }
    }

    /// <summary>DEL takes away all that this release makes; what upstream made for these options is not found by it, and that must be said.</summary>
    public static void Mention(BridgeConfig config)
    {
        foreach (var option in Asked(config))
            StandardError.WriteLine($"bridge: rules that another implementation made for {option} are left as they are");
    }

    private static IEnumerable<string> Asked(BridgeConfig config)
    {
        if (config.MacSpoofCheck)
            yield return "macspoofchk";
    }
}
