using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Net;

namespace CniPlugins.Vrf;

/// <summary>What a network's configuration says to the vrf plugin.</summary>
internal sealed class VrfConfig
{
    public VrfConfig(OptionReader options)
    {
        Name = options.Text("vrfname", "The VRF's device in the pod, made by the first interface that names it.");
        var table = options.LongOrNull("table", "Its routing table; 0 is the first that no VRF of the pod has.") ?? 0;
        if (Name.Length == 0)
            options.Refuse("vrfname", "configuration is expected to have a valid vrf name", "it names the VRF's device");
        else if (IfName.TryParse(Name, out var problem, out _) is null)
            options.Refuse("vrfname", problem, code: CniErrorCode.InvalidNetworkConfig);
        else if (Name.Contains('%', StringComparison.Ordinal))
            options.Refuse("vrfname", $"\"{Name}\" cannot be the name of a VRF", "the kernel takes % for a pattern", CniErrorCode.InvalidNetworkConfig);
        if (table is < 0 or > uint.MaxValue)
            options.Refuse("table", $"invalid table {table}", "a number from 0 to 4294967295");
        else if (table != 0)
            Table = (uint)table;
    }

    /// <summary>The VRF's device in the pod.</summary>
    public string Name { get; }

    /// <summary>Its routing table; null is the first that no VRF has.</summary>
    public uint? Table { get; }
}
