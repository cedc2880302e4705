using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;

namespace CniPlugins.Vlan;

/// <summary>What a network's configuration says to the vlan plugin.</summary>
internal sealed class VlanConfig
{
    private const int MaxId = 4094;

    public VlanConfig(OptionReader options)
    {
        Master = Master.Read(options, "The device.");
        var id = options.Int("vlanId", "The tag, 0 to 4094.");
        AcceptRa = LinkOptions.AcceptRa(options);
        Dns = DnsOptions.Read(options);
        if (Master.Name.Length == 0)
            options.Refuse("", "\"master\" field is required. It specifies the host interface name to create the VLAN for");
        if (id is < 0 or > MaxId)
            options.Refuse("vlanId", $"invalid VLAN ID {id} (must be between 0 and 4095 inclusive)", "802.1Q keeps 4095 for itself");
        else
            Id = (ushort)id;
    }

    public Master Master { get; }

    /// <summary>The tag.</summary>
    public ushort Id { get; }

    public bool AcceptRa { get; }

    /// <summary>If it says anything, it takes the place of what the address plugin says.</summary>
    public Dns Dns { get; }
}
