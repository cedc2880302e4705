using CniPlugins.Cni;
using CniPlugins.Ipam.CalicoIpam;
using CniPlugins.Net;

namespace CniPlugins.Calico;

/// <summary>A pod's addresses: from the address plugin of the network, as the pod's annotations want it.</summary>
internal sealed class Addressing(AddRequest request, PodWishes wishes, Func<bool, string>? podCidr)
{
    /// <summary>What the address plugin answers; its DEL gives all of it back.</summary>
    public CniResult Take()
    {
        if (wishes.AddressesWithoutIpam.Count > 0)
            return new CniResult { Ips = [.. wishes.AddressesWithoutIpam.Select(address => new IpConfig(Cidr.Host(address)))] };
        var conf = IpamConfig.Edit(request.Conf, Members(), podCidr);
        if (wishes.Addresses.Count == 0)
            return Require(Call(conf, request.Environment).Add());
        var taken = new CniResult();
        foreach (var address in wishes.Addresses)
        {
            try
            {
                var one = Require(Call(conf, WithAddress(address)).Add());
                taken = taken with { Ips = [.. taken.Ips, .. one.Ips] };
            }
            catch (Exception e) when (e is CniException or ICodedException)
            {
                if (taken.Ips.Count > 0)
                    GiveBack(request, podCidr);
                throw CniException.Because("error getting IP from IPAM", e);
            }
        }

        return taken;
    }

    /// <summary>Gives back what the container has; whoever is to be told of a failure is told of the first.</summary>
    public static void GiveBack(AttachmentRequest request, Func<bool, string>? podCidr) => Call(IpamConfig.Edit(request.Conf, new Dictionary<string, string>(), podCidr), request.Environment, request).Del();

    /// <summary>The rest of the chain's verbs at the address plugin, which has no use for what pods wish.</summary>
    public static Cni.Ipam Call(Request request) =>
        Call(IpamConfig.WantsPodCidr(request.Conf.Root.Object("ipam")) ? IpamConfig.Edit(request.Conf, new Dictionary<string, string>(), AnyCidr) : request.Conf, request.Environment, request);

    /// <summary>Taking away needs no subnet, but host-local wants one.</summary>
    public static string AnyCidr(bool isV6) => isV6 ? "::/0" : "0.0.0.0/0";

    private Cni.Ipam Call(NetConf conf, CniEnvironment environment) => Call(conf, environment, request);

    private static Cni.Ipam Call(NetConf conf, CniEnvironment environment, Request request) => new(request with { Conf = conf, Environment = environment });

    private static CniResult Require(CniResult result) => result.Ips.Count > 0 ? result : throw new CniException("IPAM plugin returned missing IP config");

    private Dictionary<string, string> Members()
    {
        var members = new Dictionary<string, string>();
        if (wishes.Pools4 is { } pools4)
            members["ipv4_pools"] = IpamConfig.Texts(pools4);
        if (wishes.Pools6 is { } pools6)
            members["ipv6_pools"] = IpamConfig.Texts(pools6);
        if (wishes.Families is { } families)
        {
            members["assign_ipv4"] = families.V4 ? "\"true\"" : "\"false\"";
            members["assign_ipv6"] = families.V6 ? "\"true\"" : "\"false\"";
        }

        return members;
    }

    private CniEnvironment WithAddress(IpAddress address) =>
        request.Environment.WithVariable("CNI_ARGS", request.Environment.Args is { Length: > 0 } args ? $"{args};IP={address}" : $"IP={address}");
}
