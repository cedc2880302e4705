using System.Globalization;
using System.Text;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;

namespace CniPlugins.Flannel;

/// <summary>What flanneld says about this node: the cluster's networks, the node's subnets, mtu and masquerade (subnet.env).</summary>
internal sealed record SubnetEnv
{
    /// <summary>FLANNEL_NETWORK, then FLANNEL_IPV6_NETWORK: what the pods reach through the delegate's gateway.</summary>
    public IReadOnlyList<Cidr> Networks { get; private init; } = [];

    /// <summary>FLANNEL_SUBNET and FLANNEL_IPV6_SUBNET, without host bits: what this node's pods get their addresses of.</summary>
    public IReadOnlyList<Cidr> Subnets { get; private init; } = [];

    /// <summary>FLANNEL_MTU.</summary>
    public uint Mtu { get; private init; }

    /// <summary>FLANNEL_IPMASQ: flanneld masquerades itself.</summary>
    public bool IsMasqueraded { get; private init; }

    /// <summary>Reads the file; throws <c>failed to load flannel 'subnet.env' file: … Check the flannel pod log for this node.</c></summary>
    public static SubnetEnv Read(string path)
    {
        try
        {
            var text = DiskFile.Read(path)
                ?? throw Failure(CniErrorCode.TryAgainLater, new LibcException(Errno.ENOENT, $"open {path}").Message);
            return Parse(path, Encoding.UTF8.GetString(text));
        }
        catch (Exception e) when (e is LibcException or ConfigException)
        {
            throw Failure(CniErrorCode.Internal, e.Message);
        }
    }

    /// <summary>KEY=VALUE lines; later ones count, unknown ones are passed over. Throws <see cref="ConfigException"/>.</summary>
    public static SubnetEnv Parse(string path, string text)
    {
        var values = new Dictionary<string, string>();
        foreach (var line in text.Split('\n'))
        {
            var (key, value) = line.IndexOf('=', StringComparison.Ordinal) is var at and >= 0
                ? (line[..at], line[(at + 1)..].TrimEnd('\r'))
                : (line.TrimEnd('\r'), null);
            if (value is not null)
                values[key] = value;
            else if (Keys.Contains(key))
                throw new ConfigException($"{path}: {key} has no value");
        }

        Require(path, values);
        return new SubnetEnv
        {
            Networks = [.. Networks4And6(values)],
            Subnets = [.. new[] { Subnet, Subnet6 }.Where(values.ContainsKey).Select(key => Network(values[key]))],
            Mtu = uint.TryParse(values[MtuKey], NumberStyles.None, CultureInfo.InvariantCulture, out var mtu)
                ? mtu
                : throw new ConfigException($"strconv.ParseUint: parsing \"{values[MtuKey]}\": invalid syntax"),
            IsMasqueraded = values[IpMasq] == "true",
        };
    }

    private const string Network4 = "FLANNEL_NETWORK";
    private const string Network6 = "FLANNEL_IPV6_NETWORK";
    private const string Subnet = "FLANNEL_SUBNET";
    private const string Subnet6 = "FLANNEL_IPV6_SUBNET";
    private const string MtuKey = "FLANNEL_MTU";
    private const string IpMasq = "FLANNEL_IPMASQ";

    private static string[] Keys => [Network4, Network6, Subnet, Subnet6, MtuKey, IpMasq];

    private static IEnumerable<Cidr> Networks4And6(Dictionary<string, string> values) =>
        new[] { Network4, Network6 }.Where(values.ContainsKey).SelectMany(key => values[key].Split(',').Select(Network).Distinct());

    private static Cidr Network(string text) =>
        Cidr.TryParse(text, out var cidr) ? cidr.Network : throw new ConfigException($"invalid CIDR address: {text}");

    private static void Require(string path, Dictionary<string, string> values)
    {
        var missing = new List<string>();
        foreach (var either in new string[][] { [Network4, Network6], [Subnet, Subnet6], [MtuKey], [IpMasq] })
        {
            if (!either.Any(values.ContainsKey))
                missing.AddRange(either);
        }

        if (missing.Count > 0)
            throw new ConfigException($"{path} is missing {string.Join(", ", missing)}");
    }

    private static CniException Failure(CniErrorCode code, string cause) => new(
        code,
        $"failed to load flannel 'subnet.env' file: {cause}. Check the flannel pod log for this node.",
        "flanneld writes the file when it has a subnet for the node; subnetFile says where it is");
}
