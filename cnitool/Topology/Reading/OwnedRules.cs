using CniPlugins.Attachment;
using CniPlugins.Attachment.Tables;
using CniPlugins.Iptables;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Cnitool.Topology.Reading;

/// <summary>What the host's packet filter does for attachments: in our table, in upstream's, in iptables' chains.</summary>
internal sealed class OwnedRules : IDisposable
{
    private static readonly Family[] Families = [Family.Ip, Family.Ip6];

    private readonly NftSocket? _nft;
    private readonly List<string> _unread = [];
    private readonly IReadOnlyList<Element> _elements = [];
    private readonly ILookup<string?, Element> _byOwner;
    private readonly IReadOnlyList<Rule> _conditionedPorts = [];
    private readonly IReadOnlyList<Rule> _upstreamMasquerade = [];
    private readonly ILookup<string?, string> _upstreamPorts = Enumerable.Empty<string>().ToLookup(_ => (string?)null);

    /// <summary>nft list ruleset, as far as it is CNI's; the socket is null on a kernel without nf_tables.</summary>
    public OwnedRules(NftSocket? nft)
    {
        _nft = nft;
        _byOwner = _elements.ToLookup(element => element.Comment);
        if (nft is null)
            return;
        _elements = [.. nft.Sets(OwnTables.Inet)
            .Where(set => IsMap(set) || set == MasqueradeTable.Pods(v6: false) || set == MasqueradeTable.Pods(v6: true)).SelectMany(nft.Elements)];
        _byOwner = _elements.ToLookup(element => OwnerMark.Read(element.Comment)?.Hash);
        _conditionedPorts = nft.Rules(PortTable.Conditions);
        _upstreamMasquerade = UpstreamMasquerade.Rules(nft);
        _upstreamPorts = Families.Select(HostPortNames.Table).Where(nft.Has)
            .SelectMany(table => HostPortNames.PortChains.SelectMany(chain => nft.Rules(new Chain(table, chain))))
            .ToLookup(rule => rule.Comment, rule => rule.Chain.Name);
    }

    /// <summary>What could not be read.</summary>
    public IReadOnlyList<string> Unread => _unread;

    /// <summary>Everybody who has an element in our table, with the namespace it was made for.</summary>
    public IEnumerable<(OwnerMark Owner, string Netns)> Owners =>
        _elements.Select(element => (Owner: OwnerMark.Read(element.Comment), Provenance.Read(element.Private).Netns))
            .Where(row => row.Owner is not null).Select(row => (row.Owner!, row.Netns)).DistinctBy(row => row.Item1.Hash);

    /// <summary>Elements of our table that do not say whose they are.</summary>
    public IEnumerable<string> Nameless => _elements.Where(element => OwnerMark.Read(element.Comment) is null).Select(element => element.ToString());

    /// <summary>The addresses that an owner's elements are about.</summary>
    public IReadOnlyList<Cidr> AddressesOf(string hash) =>
        [.. ElementsOf(hash).Select(element => (IsMap(element.Set) ? element.Data! : element.Key).Values[0].Address).Distinct().Select(Cidr.Host)];

    /// <summary>The port mappings of an owner in our table; one without a host address is there once for each family.</summary>
    public IReadOnlyList<PortForward> PortsOf(string hash) =>
        [.. ElementsOf(hash).Where(element => IsMap(element.Set)).Select(Port).DistinctBy(port => (port.HostPort, port.Protocol, port.HostIp))];

    /// <summary>What else leads ports to an attachment: our rules with conditions, upstream's nft rules, iptables' chains in either flavour; empty when nothing does.</summary>
    public string OtherPortBackend(Owner owner) =>
        _conditionedPorts.Any(rule => owner.Owns(rule.Comment)) ? "nftables"
        : _upstreamPorts.Contains(owner.ContainerId) ? "upstream-nftables"
        : HasIptables(HostPortNames.Chain(owner.Network, owner.ContainerId)) ? "iptables"
        : "";

    /// <summary>What masquerades an attachment; empty when nothing does.</summary>
    public string MasqueradeOf(Owner owner) =>
        IsMasqueraded(owner.Hash) ? "nftables"
        : _upstreamMasquerade.Any(rule => owner.Owns(rule.Comment)) ? "upstream-nftables"
        : IsThere(() => new IptablesMasquerade(owner.Network, owner.ContainerId).Exists(_nft)) ? "iptables"
        : "";

    public bool IsMasqueraded(string hash) => ElementsOf(hash).Any(element => !IsMap(element.Set));

    /// <summary>A chain of somebody else's that lets no pod's packets pass.</summary>
    public IEnumerable<string> Obstacles() => _nft is not null && ForwardDrop.Find(_nft) is { } chain ? [ForwardDrop.Describe(chain)] : [];

    /// <summary>What somebody's flush has taken away: elements without the rules that look them up mean nothing.</summary>
    public IEnumerable<string> MissingRules()
    {
        if (_nft is null)
            yield break;
        foreach (var layout in OwnTables.Layouts(_nft.Sets(OwnTables.Inet)))
        {
            if (layout.FindLost(_nft) is { } rule)
                yield return $"{rule} is missing: {layout.Loss}; cnitool repair puts it back";
        }
    }

    public void Dispose() => _nft?.Dispose();

    private IEnumerable<Element> ElementsOf(string hash) => _byOwner[hash];

    /// <summary>A map of ports is known by what it leads to: an address and a port.</summary>
    private static bool IsMap(Set set) => set.Data is [DataType.Ipv4Addr or DataType.Ipv6Addr, DataType.InetService];

    private static PortForward Port(Element element)
    {
        var key = element.Key.Values;
        return new PortForward((int)key[^1].Number, key[^2].ToString(), (int)element.Data!.Values[1].Number)
        {
            HostIp = key.Count > 2 ? key[0].Address : null,
            Backend = "nftables",
        };
    }

    private bool HasIptables(string chain) =>
        IsThere(() => Families.Any(family => new IptablesChain(family, "nat", chain, HostPortNames.Entry).Exists(_nft)));

    /// <summary>Legacy iptables' tables need another right than nf_tables'.</summary>
    private bool IsThere(Func<bool> exists)
    {
        try
        {
            return exists();
        }
        catch (Exception e) when (e is IErrnoException)
        {
            _unread.Add($"iptables: {e.Message}");
            return false;
        }
    }
}
