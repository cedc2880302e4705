using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Net;

namespace CniPlugins.Bridge;

/// <summary>What a network's configuration says to the bridge plugin.</summary>
internal sealed class BridgeConfig(OptionReader options)
{
    private readonly bool _isGateway = options.Flag("isGateway", "The bridge has the gateways' addresses, and the host forwards.");
    private readonly bool _hairpins = options.Flag("hairpinMode", "A pod reaches itself through the bridge, as by its own host port.");
    private readonly bool _isPromiscuous = options.Flag("promiscMode", "The bridge's interface takes all frames; not together with hairpinMode.");

    public string Bridge { get; } = options.Text("bridge", "The host's bridge, made when it is missing.", "cni0", keepsEmpty: true);

    public bool IsDefaultGateway { get; } = options.Flag("isDefaultGateway", "As isGateway, and the pod's default routes lead there.");

    public bool IsGateway => _isGateway || IsDefaultGateway;

    public bool ForceAddress { get; } = options.Flag("forceAddress", "Another address of the bridge is replaced instead of refused.");

    public int? Mtu { get; } = LinkOptions.Mtu(options, "The MTU of a new bridge and of both ends of the veth; 0 is the kernel's choice.");

    public BridgePorts Ports => _hairpins ? BridgePorts.Hairpin : _isPromiscuous ? BridgePorts.Promiscuous : BridgePorts.Plain;

    public bool PreserveDefaultVlan { get; } =
        options.Flag("preserveDefaultVlan", "A port with vlan or vlanTrunk stays in the bridge's default VLAN too.", since: "1.3.0");

    public bool PortIsolation { get; } = options.Flag("portIsolation", "Pods of the bridge do not hear each other.", since: "1.7.0");

    public bool EnableDad { get; } =
        options.Flag("enabledad", "IPv6 addresses are tried for duplicates before they are used; ADD waits for it.", since: "1.0.0");

    public bool DisableContainerInterface { get; } =
        options.Flag("disableContainerInterface", "The pod's interface stays down and has no addresses.", since: "1.4.0");

    public Masquerade? Masquerade { get; } = Masquerade.Read(options);

    public bool MacSpoofCheck { get; } =
        options.Flag("macspoofchk", "A pod sends with its own hardware address only.", since: "1.1.0");

    /// <summary>If it says anything, it takes the place of what the address plugin says.</summary>
    public Dns Dns { get; } = DnsOptions.Read(options);

    /// <summary>0 is none.</summary>
    public int Vlan { get; } = VlanOptions.ReadVlan(options);

    /// <summary>Ascending; null when the key is absent, which an empty list is not.</summary>
    public IReadOnlyList<int>? VlanTrunk { get; } = VlanOptions.ReadTrunk(options);

    public MacAddress? Mac { get; } = ReadMac(options);

    public bool FiltersVlans => Vlan != 0 || VlanTrunk is not null;

    /// <summary>Decodes and validates, what is wrong with single options before what contradicts itself.</summary>
    public static BridgeConfig Read(OptionReader options)
    {
        var config = new BridgeConfig(options);
        if (options.IsForAdd)
            config.RequireSense(options);
        if (options.IsSurvey)
            config.Advise(options);
        return config;
    }

    private void RequireSense(OptionReader options)
    {
        var ipam = CommonOptions.IpamType(options);
        if (DisableContainerInterface && ipam.Length > 0)
            options.Refuse("disableContainerInterface", "cannot use IPAM when DisableContainerInterface flag is set");
        if (_hairpins && _isPromiscuous)
            options.Refuse("", "cannot set hairpin mode and promiscuous mode at the same time");
        // Where IPAM names no gateway, it is the subnet's first address, and that of a Calico block may be a pod's.
        if (IsGateway && ipam == "calico-ipam" && !options.Section("ipam").Has("gateway"))
        {
            options.Refuse(
                "", "bridge: isGateway needs a gateway, and calico-ipam names none",
                "set ipam.gateway, or leave isGateway and isDefaultGateway out", CniErrorCode.InvalidNetworkConfig);
        }

        if (IfName.TryParse(Bridge, out var problem, out _) is null)
            options.Refuse("bridge", $"failed to create bridge \"{Bridge}\": could not add \"{Bridge}\": {problem}");
        else if (Bridge.Contains('%', StringComparison.Ordinal))
        {
            options.Refuse(
                "bridge", $"bridge: \"{Bridge}\" cannot be the name of a bridge",
                "the kernel takes % for a pattern, and would make another one each time", CniErrorCode.InvalidNetworkConfig);
        }
    }

    private void Advise(OptionReader options)
    {
        if (CommonOptions.IpamType(options).Length == 0)
        {
            AdviseOfAddresses("isGateway", _isGateway);
            AdviseOfAddresses("isDefaultGateway", IsDefaultGateway);
            AdviseOfAddresses("ipMasq", Masquerade is not null);
        }

        if (PreserveDefaultVlan && Vlan == 0 && VlanTrunk is null)
            options.Advise("preserveDefaultVlan", "has no effect without vlan or vlanTrunk");
        if (ForceAddress && !IsGateway)
            options.Advise("forceAddress", "has no effect without isGateway or isDefaultGateway");
        if (IsDefaultGateway && !_isGateway && options.Has("isGateway"))
            options.Advise("isGateway", "isDefaultGateway implies isGateway, so this false has no effect");

        void AdviseOfAddresses(string key, bool isOn)
        {
            if (isOn)
                options.Advise(key, "has no effect without addresses: there is no \"ipam\"");
        }
    }

    private static MacAddress? ReadMac(OptionReader options)
    {
        var text = LinkOptions.WantedMac(options);
        if (text.Length == 0)
            return null;
        if (!MacAddress.TryParse(text, out var mac))
            options.Refuse("", $"failed to make veth pair: address {text}: invalid MAC address");
        return mac;
    }
}

/// <summary>How the bridge treats frames back to where they came from.</summary>
internal enum BridgePorts
{
    Plain,
    Hairpin,
    Promiscuous,
}
