using CniPlugins.Cni;
using CniPlugins.Cni.Options;

namespace CniPlugins.Attachment;

/// <summary>Options that several plugins have, which make interfaces for pods.</summary>
internal static class LinkOptions
{
    /// <summary>mtu; null lets the kernel choose.</summary>
    public static int? Mtu(OptionReader options, string about)
    {
        var mtu = options.Int("mtu", about);
        if (mtu < 0)
            options.Refuse("mtu", $"invalid MTU {mtu}", "mtu must not be negative", CniErrorCode.InvalidNetworkConfig);
        return mtu == 0 ? null : mtu;
    }

    /// <summary>The pod's hardware address as the runtime wants it: runtimeConfig.mac before args.cni.mac before MAC in CNI_ARGS; empty for none.</summary>
    public static string WantedMac(OptionReader options)
    {
        var args = CniArgs.Parse(options.Args, "MAC")["MAC"] ?? "";
        var wish = options.Section("args").Section("cni").Text("mac", "The hardware address of the pod's interface.");
        var given = options.Section("runtimeConfig").Text(
            "mac", "The same from the runtime: it goes before `args.cni.mac`, and that before MAC in CNI_ARGS.");
        return given.Length > 0 ? given : wish.Length > 0 ? wish : args;
    }
}
