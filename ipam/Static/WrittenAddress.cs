using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Static;

/// <summary>An entry of <c>addresses</c>, which is parsed only when nobody wishes for others.</summary>
internal sealed class WrittenAddress(OptionReader entry)
{
    /// <summary>What belongs there.</summary>
    public const string Example = "an address with prefix length, as 10.1.0.2/24";

    private readonly string _text = entry.Text("address", "The address with its network's prefix length, as `10.1.0.2/24`.");
    private readonly IpAddress? _gateway = entry.Address("gateway", "The gateway of that network.");

    /// <summary>The address; null where a refusal does not throw.</summary>
    public IpConfig? Parse()
    {
        if (!Cidr.TryParse(_text, out var cidr))
        {
            entry.Refuse("address", $"the 'address' field is expected to be in CIDR notation, got: '{_text}'", Example);
            return null;
        }

        if (entry.IsSurvey)
            Advise(cidr);
        return new IpConfig(cidr, _gateway);
    }

    private void Advise(Cidr cidr)
    {
        if (_gateway is { } gateway && !cidr.Contains(gateway))
            entry.Advise("gateway", $"the gateway {gateway} is outside the subnet {cidr.Network}");
        if (cidr.Address.Bits - cidr.PrefixLength >= 2 && cidr.Network == cidr)
            entry.Advise("address", $"{_text} is the network's own address, no host's");
    }
}
