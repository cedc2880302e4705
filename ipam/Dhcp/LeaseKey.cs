using System.Text;
using CniPlugins.Cni;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Dhcp;

/// <summary>Whose a lease is: an attachment of a network.</summary>
internal sealed record LeaseKey(ContainerId ContainerId, string Network, IfName IfName)
{
    private const int LongestClientId = 254;

    /// <summary>Option 61: a zero, for no hardware address, and the key's text, as upstream's daemon sends it (RFC 2132 section 9.14).</summary>
    public byte[] ClientId
    {
        get
        {
            var text = Encoding.UTF8.GetBytes(ToString());
            return [0, .. text.AsSpan(0, Math.Min(text.Length, LongestClientId))];
        }
    }

    public override string ToString() => $"{ContainerId}/{Network}/{IfName}";
}
