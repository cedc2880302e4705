using CniPlugins.Attachment;
using CniPlugins.Iptables;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Portmap;

/// <summary>Upstream's chains and rules for one pod in one family (plugins/meta/portmap/portmap_iptables.go), in the words of iptables-save.</summary>
internal sealed class IptablesPortRules(PodPorts pod, Cidr address)
{
    public const string Table = "nat";
    private const string SetMark = "CNI-HOSTPORT-SETMARK";
    private const string Masq = "CNI-HOSTPORT-MASQ";

    // What the kernel's multiport takes (XT_MULTI_PORTS).
    private const int PortsPerRule = 15;

    private readonly bool _isV6 = address.Address.IsV6;

    public Family Family => _isV6 ? Family.Ip6 : Family.Ip;

    /// <summary>The pod's own chain.</summary>
    public string Chain => HostPortNames.Chain(pod.Owner.Network, pod.Owner.ContainerId);

    /// <summary>The chains that all pods share, as far as this one needs them.</summary>
    public IEnumerable<string> SharedChains => MarksItself ? [SetMark, Masq, HostPortNames.Entry] : [HostPortNames.Entry];

    /// <summary>The rules of and to the shared chains; the one in POSTROUTING belongs before all others.</summary>
    public IEnumerable<IptablesRule> SharedRules()
    {
        if (MarksItself)
        {
            yield return new(SetMark, [.. IptablesRule.Comment("CNI portfwd masquerade mark"), "-j", "MARK", "--set-xmark", Mark]);
            yield return new(Masq, ["-m", "mark", "--mark", Mark, "-j", "MASQUERADE"]);
            yield return new("POSTROUTING", [.. IptablesRule.Comment("CNI portfwd requiring masquerade"), "-j", Masq]);
        }

        foreach (var chain in (string[])["PREROUTING", "OUTPUT"])
            yield return new(chain, ["-m", "addrtype", "--dst-type", "LOCAL", "-j", HostPortNames.Entry]);
    }

    public static bool BelongsFirst(IptablesRule rule) => rule.Chain == "POSTROUTING";

    /// <summary>The rules of the pod's chain, mapping by mapping.</summary>
    public IEnumerable<IptablesRule> OwnRules()
    {
        foreach (var mapping in pod.Mappings(_isV6))
        {
            var protocol = mapping.Protocol.Word();
            string[] port =
            [
                .. mapping.Address is { } host ? ["-d", $"{Cidr.Host(host)}"] : Array.Empty<string>(),
                "-p", protocol, "-m", protocol, "--dport", $"{mapping.HostPort}",
            ];
            foreach (var source in HiddenSources())
                yield return new(Chain, [.. source, .. port, "-j", pod.Config.ExternalSetMarkChain ?? SetMark]);
            var target = _isV6 ? $"[{address.Address}]:{mapping.ContainerPort}" : $"{address.Address}:{mapping.ContainerPort}";
            yield return new(Chain, [.. port, "-j", "DNAT", "--to-destination", target]);
        }
    }

    /// <summary>The rules that lead to the pod's chain: all its ports, also those of the other family, as upstream has it.</summary>
    public IEnumerable<IptablesRule> Entries(bool withConditions = true)
    {
        var comment = Shorten($"dnat {IptablesRule.OwnerText(pod.Owner.Network, pod.Owner.ContainerId)}");
        foreach (var ports in pod.Config.PortMappings.GroupBy(mapping => mapping.Protocol.Word()).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            foreach (var chunk in ports.Select(mapping => mapping.HostPort).Chunk(PortsPerRule))
            {
                yield return new(
                    HostPortNames.Entry,
                    [
                        "-p", ports.Key, .. IptablesRule.Comment(comment), "-m", "multiport", "--dports", string.Join(',', chunk),
                        .. withConditions ? pod.Config.Conditions(_isV6) : [], "-j", Chain,
                    ]);
            }
        }
    }

    private bool MarksItself => pod.Config.Snat && pod.Config.ExternalSetMarkChain is null;

    private string Mark => $"0x{1u << pod.Config.MarkMasqBit:x}/0x{1u << pod.Config.MarkMasqBit:x}";

    /// <summary>Which clients are hidden behind the host: -s NETWORK, -s 127.0.0.1/32; with masqAll everybody is.</summary>
    private IEnumerable<string[]> HiddenSources()
    {
        if (!pod.Config.Snat)
            yield break;
        yield return pod.Config.MasqAll ? [] : ["-s", $"{address.Network}"];
        if (!_isV6 && !pod.Config.MasqAll)
            yield return ["-s", "127.0.0.1/32"];
    }

    /// <summary>As upstream cuts a comment that is too long.</summary>
    private static string Shorten(string comment) => comment.Length > 255 ? comment[..253] + "..." : comment;
}
