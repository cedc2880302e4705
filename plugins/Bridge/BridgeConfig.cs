using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Net;

namespace CniPlugins.Bridge;

/// <summary>What a network's configuration says to the bridge plugin; names and defaults are the documentation's.</summary>
internal sealed record BridgeConfig
{
    private const int MaxVlan = 4094;

    /// <summary>bridge: the host's bridge, made when it is missing.</summary>
    public string Bridge { get; init; } = "cni0";

    /// <summary>isGateway (or isDefaultGateway): the bridge gets the gateways' addresses and the host forwards.</summary>
    public bool IsGateway { get; init; }

    /// <summary>isDefaultGateway: the pod's default routes go through the bridge.</summary>
    public bool IsDefaultGateway { get; init; }

    /// <summary>forceAddress: a conflicting address of the bridge is replaced.</summary>
    public bool ForceAddress { get; init; }

    /// <summary>mtu of a new bridge and of both ends of the veth; null lets the kernel choose.</summary>
    public int? Mtu { get; init; }

    /// <summary>hairpinMode or promiscMode or neither, never both.</summary>
    public BridgePorts Ports { get; init; }

    /// <summary>vlan: the port's untagged VLAN; 0 is none.</summary>
    public int Vlan { get; init; }

    /// <summary>vlanTrunk: the port's tagged VLANs, ascending; null when the key is absent, which an empty list is not.</summary>
    public IReadOnlyList<int>? VlanTrunk { get; init; }

    /// <summary>preserveDefaultVlan: the port stays in the bridge's default VLAN.</summary>
    public bool PreserveDefaultVlan { get; init; }

    /// <summary>portIsolation: pods of this bridge do not hear each other.</summary>
    public bool PortIsolation { get; init; }

    /// <summary>enabledad: duplicate address detection stays on in the pod, and ADD waits for it.</summary>
    public bool EnableDad { get; init; }

    /// <summary>disableContainerInterface: the pod's end stays down, without addresses.</summary>
    public bool DisableContainerInterface { get; init; }

    /// <summary>The pod's hardware address if one is asked for: runtimeConfig.mac before args.cni.mac before MAC in CNI_ARGS.</summary>
    public MacAddress? Mac { get; init; }

    /// <summary>dns: if it says anything, it takes the place of what the address plugin says.</summary>
    public Dns Dns { get; init; } = Dns.None;

    /// <summary>ipMasq and ipMasqBackend; null when it is off.</summary>
    public Masquerade? Masquerade { get; init; }

    /// <summary>macspoofchk.</summary>
    public bool MacSpoofCheck { get; init; }

    /// <summary>Whether the bridge has to filter VLANs.</summary>
    public bool FiltersVlans => Vlan != 0 || VlanTrunk is not null;

    /// <summary>Decodes and validates in upstream's order (bridge.md section 1).</summary>
    public static BridgeConfig Read(Request request)
    {
        try
        {
            return Read(request, request.Conf.Root);
        }
        catch (ConfigException e)
        {
            throw CniException.Because("failed to load netconf", e);
        }
    }

    private static BridgeConfig Read(Request request, ConfigObject root)
    {
        // What is wrong with the rest must not keep DEL and GC from taking away what an earlier configuration made.
        if (request is DelRequest or GcRequest)
            return new BridgeConfig { Masquerade = Masquerade.Read(request), MacSpoofCheck = root.MayBeOn("macspoofchk") };
        var isDefaultGateway = root.Bool("isDefaultGateway") ?? false;
        var hairpin = root.Bool("hairpinMode") ?? false;
        var promiscuous = root.Bool("promiscMode") ?? false;
        var config = new BridgeConfig
        {
            Bridge = root.String("bridge") ?? "cni0",
            IsGateway = (root.Bool("isGateway") ?? false) || isDefaultGateway,
            IsDefaultGateway = isDefaultGateway,
            ForceAddress = root.Bool("forceAddress") ?? false,
            Mtu = root.Int("mtu") is { } mtu and not 0 ? mtu : null,
            Ports = hairpin ? BridgePorts.Hairpin : promiscuous ? BridgePorts.Promiscuous : BridgePorts.Plain,
            Vlan = root.Int("vlan") ?? 0,
            PreserveDefaultVlan = root.Bool("preserveDefaultVlan") ?? false,
            PortIsolation = root.Bool("portIsolation") ?? false,
            EnableDad = root.Bool("enabledad") ?? false,
            DisableContainerInterface = root.Bool("disableContainerInterface") ?? false,
            Masquerade = Masquerade.Read(request),
            MacSpoofCheck = root.Bool("macspoofchk") ?? false,
            Dns = request.Conf.Dns,
        };

        if (config.Vlan is < 0 or > MaxVlan)
            throw new CniException($"invalid VLAN ID {config.Vlan} (must be between 0 and {MaxVlan})");
        config = config with { VlanTrunk = ReadTrunk(root) };
        var mac = ReadMac(request, root);
        if (request is AddRequest)
            RequireSense(request, config, hairpin && promiscuous);
        return mac.Length > 0 ? config with { Mac = ParseMac(mac) } : config;
    }

    private static void RequireSense(Request request, BridgeConfig config, bool hairpinAndPromiscuous)
    {
        if (config.DisableContainerInterface && request.Conf.IpamType.Length > 0)
            throw new CniException("cannot use IPAM when DisableContainerInterface flag is set");
        if (hairpinAndPromiscuous)
            throw new CniException("cannot set hairpin mode and promiscuous mode at the same time");
        // Where IPAM names no gateway, it is the subnet's first address, and that of a Calico block may be a pod's.
        if (config.IsGateway && request.Conf.IpamType == "calico-ipam" && !(request.Conf.Root.Object("ipam")?.Has("gateway") ?? false))
        {
            throw new CniException(
                CniErrorCode.InvalidNetworkConfig, "bridge: isGateway needs a gateway, and calico-ipam names none", "set ipam.gateway, or leave isGateway and isDefaultGateway out");
        }

        if (config.Mtu is < 0)
            throw new CniException(CniErrorCode.InvalidNetworkConfig, $"invalid MTU {config.Mtu}", "mtu must not be negative");
        if (IfName.TryParse(config.Bridge, out var problem, out _) is null)
            throw new CniException($"failed to create bridge \"{config.Bridge}\": could not add \"{config.Bridge}\": {problem}");
        if (config.Bridge.Contains('%', StringComparison.Ordinal))
        {
            throw new CniException(
                CniErrorCode.InvalidNetworkConfig, $"bridge: \"{config.Bridge}\" cannot be the name of a bridge", "the kernel takes % for a pattern, and would make another one each time");
        }
    }

    /// <summary>The VLANs of <c>[{"id": 5}, {"minID": 10, "maxID": 20}]</c>, each once, ascending.</summary>
    private static IReadOnlyList<int>? ReadTrunk(ConfigObject root)
    {
        if (root.Objects("vlanTrunk") is not { } items)
            return null;
        var vlans = new SortedSet<int>();
        foreach (var item in items)
        {
            var (least, most, id) = (item.Int("minID"), item.Int("maxID"), item.Int("id"));
            if (least is { } low && most is { } high)
            {
                if (low is <= 0 or > MaxVlan)
                    throw new CniException("incorrect trunk minID parameter");
                if (high is <= 0 or > MaxVlan)
                    throw new CniException("incorrect trunk maxID parameter");
                if (high < low)
                    throw new CniException("minID is greater than maxID in trunk parameter");
                for (var vid = low; vid <= high; vid++)
                    vlans.Add(vid);
            }
            else if (least is null && most is not null)
            {
                throw new CniException("minID and maxID should be configured simultaneously, minID is missing");
            }
            else if (least is not null)
            {
                throw new CniException("minID and maxID should be configured simultaneously, maxID is missing");
            }

            if (id is <= 0 or > MaxVlan)
                throw new CniException("incorrect trunk id parameter");
            if (id is { } single)
                vlans.Add(single);
        }

        return [.. vlans];
    }

    private static string ReadMac(Request request, ConfigObject root)
    {
        var mac = CniArgs.Parse(request.Environment.Args, "MAC")["MAC"] ?? "";
        if (root.Object("args")?.Object("cni")?.String("mac") is { Length: > 0 } wished)
            mac = wished;
        return root.Object("runtimeConfig")?.String("mac") is { Length: > 0 } given ? given : mac;
    }

    private static MacAddress ParseMac(string text) =>
        MacAddress.TryParse(text, out var mac)
            ? mac
            : throw new CniException($"failed to make veth pair: address {text}: invalid MAC address");
}

/// <summary>How the bridge treats frames back to where they came from.</summary>
internal enum BridgePorts
{
    Plain,
    Hairpin,
    Promiscuous,
}
