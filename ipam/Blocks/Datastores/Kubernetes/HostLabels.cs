using CniPlugins.Digest;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.Datastores.Kubernetes;

/// <summary>The labels by which a host's affinities are found without reading everybody's (Calico 3.31).</summary>
internal static class HostLabels
{
    private const string Host = "projectcalico.org/hostname-hash";
    private const string Type = "projectcalico.org/affinity-type";
    private const string Family = "projectcalico.org/ip-version";
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"; // RFC 4648, base32

    /// <summary>The labels of an affinity, sorted.</summary>
    public static IReadOnlyDictionary<string, string> Of(AffinityKey key) => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [Type] = key.Owner.TypeText,
        [Host] = HashOf(key.Owner.Name),
        [Family] = key.Cidr.Address.IsV6 ? "6" : "4",
    };

    /// <summary>
    /// Chooses an owner's affinities. The type is not asked for: calico/node 3.31 labels affinities of older versions with an empty one.
    /// </summary>
    public static string Selector(AffinitiesOf query) =>
        query.IsV6 is { } isV6 ? $"{Host}={HashOf(query.Owner.Name)},{Family}={(isV6 ? 6 : 4)}" : $"{Host}={HashOf(query.Owner.Name)}";

    /// <summary>Chooses the affinities of versions before 3.31, which have none of these labels.</summary>
    public const string Unlabelled = $"!{Host}";

    /// <summary>Base32 of SHA3-256, without padding: 52 characters.</summary>
    private static string HashOf(string host)
    {
        var (text, bits, buffer) = (new System.Text.StringBuilder(52), 0, 0);
        foreach (var next in OpenSslDigest.Sha3(host))
        {
            (buffer, bits) = ((buffer << 8) | next, bits + 8);
            for (; bits >= 5; bits -= 5)
                text.Append(Alphabet[(buffer >> (bits - 5)) & 31]);
            buffer &= 31;
        }

        return text.Append(Alphabet[(buffer << (5 - bits)) & 31]).ToString();
    }
}
