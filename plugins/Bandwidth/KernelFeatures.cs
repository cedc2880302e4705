using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Route;
using CniPlugins.Traffic;

namespace CniPlugins.Bandwidth;

/// <summary>What limits need of the kernel, found out by doing it in a namespace that nobody else sees and that is gone at once.</summary>
internal static class KernelFeatures
{
    private static readonly TokenBucket AnyBucket = new(Rate: 125_000, Limit: 103_125, Buffer: 12_500_000);

    /// <summary>STATUS: code 50 when ADD could not limit anything.</summary>
    public static void Require()
    {
        if (FindMissing() is { Count: > 0 } missing)
            throw new CniException(CniErrorCode.PluginNotAvailable, $"bandwidth: this kernel lacks {string.Join(", ", missing)}", "load the modules, or install the package of the kernel that has them");
    }

    /// <summary>A refusal with the reason in its details, when it is that the kernel does not know what was asked for.</summary>
    public static CniException Explain(NetlinkException refused)
    {
        var error = CniException.From(refused);
        return refused.Errno is Errno.ENOENT or Errno.EOPNOTSUPP && FindMissing() is { Count: > 0 } missing
            ? new CniException(error.Code, error.Message, $"{error.Details}; this kernel lacks {string.Join(", ", missing)}", refused)
            : error;
    }

    private static IReadOnlyList<string> FindMissing() => Netns.RunInNew(() =>
    {
        using var here = RouteSocket.OpenHere();
        var lo = here.RequireLink("lo");
        var missing = new List<string>();
        Try(missing, "ifb (CONFIG_IFB, module ifb)", () => here.Create(new IfbSpec("probe")));
        Try(missing, "tbf (CONFIG_NET_SCH_TBF, module sch_tbf)", () => here.Batch().AddTokenBucket(lo, AnyBucket).Commit());
        var entrance = Try(missing, "ingress (CONFIG_NET_SCH_INGRESS, module sch_ingress)", () => here.Batch().AddIngress(lo).Commit());
        if (entrance)
            Try(missing, "u32 with mirred (CONFIG_NET_CLS_U32, CONFIG_NET_ACT_MIRRED, modules cls_u32, act_mirred)", () => here.Batch().AddRedirect(lo, lo).Commit());
        return missing;
    });

    private static bool Try(List<string> missing, string feature, Action use)
    {
        try
        {
            use();
            return true;
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENOENT or Errno.EOPNOTSUPP)
        {
            missing.Add(feature);
            return false;
        }
    }
}
