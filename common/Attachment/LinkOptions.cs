using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Net;

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

    /// <summary>acceptRa: whether a pod with addresses of IPAM's also believes routers on the link.</summary>
    public static bool AcceptRa(OptionReader options) => options.Flag(
        "acceptRa", "The pod believes router advertisements although IPAM gives it addresses.", since: OptionReader.OnlyHere);

    /// <summary>The pod's hardware address: runtimeConfig.mac before MAC in CNI_ARGS before mac; null when nobody cares.</summary>
    public static MacAddress? Mac(OptionReader options)
    {
        var own = options.Text("mac", "The hardware address of the pod's interface.");
        var args = CniArgs.Parse(options.Args, "MAC")["MAC"] ?? "";
        var given = options.Section("runtimeConfig").Text("mac", "The same from the runtime: it goes before MAC in CNI_ARGS, and that before `mac`.");
        var text = given.Length > 0 ? given : args.Length > 0 ? args : own;
        if (text.Length == 0)
            return null;
        if (MacAddress.TryParse(text, out var mac))
            return mac;
        var holder = given.Length > 0 ? options.Section("runtimeConfig") : options;
        holder.Refuse("mac", $"invalid args {text} for MAC addr: address {text}: invalid MAC address", "six bytes, as 02:00:00:00:00:01");
        return null;
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
