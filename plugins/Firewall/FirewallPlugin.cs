using CniPlugins.Attachment;
using CniPlugins.Attachment.Tables;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Iptables;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Firewall;

/// <summary>Admits the traffic of pods that the host's firewall would drop, and keeps bridges apart whose configuration asks for it.</summary>
/// <remarks>
/// The rules are in a table of our own, for a drop there is final. An accept is not: where iptables' FORWARD could drop, pods are admitted there as well.
/// </remarks>
internal sealed class FirewallPlugin : Plugin<FirewallConfig>
{
    public override IReadOnlyList<CniVersion> Versions => [.. CniVersion.All.Where(version => version >= CniVersion.V040)];

    public override PluginRole Role => PluginRole.Chained;

    public override void Declare(OptionReader options) => FirewallConfig.Read(options);

    protected override FirewallConfig Read(Request request) => OptionReader.Load(request, FirewallConfig.Read);

    protected override CniResult Add(AddRequest request, FirewallConfig config)
    {
        var previous = RequirePrevious(request.Conf);
        var policy = BridgePolicy.Of(config, previous);
        var addresses = AddressesOf(previous);
        if (addresses.Count == 0)
            return previous;

        var owner = Owner.Of(request);
        using var nft = OpenTable(config, policy);
        var zone = FirewalldZone.For(request, config);
        var iptables = IptablesFor(nft, config, addresses).ToList();
        using var alone = iptables.Count > 0 ? AttachmentLock.Take(owner.Network, owner.ContainerId) : null;
        using var undo = new Undo();
        if (nft is not null && BridgePolicy.Abandoned(nft, previous).Count > 0)
            nft.Commit(() => new Batch().Delete(BridgePolicy.Abandoned(nft, previous)));
        if (nft is not null)
            undo.Guard(new Admission(nft).Add(owner, addresses, policy), pods => nft.Commit(() => Removal(nft, owner, pods, [])));
        foreach (var (firewall, own) in iptables)
            undo.Guard(firewall.Add(own, Admitted(nft, own[0].IsV6), policy), firewall.Remove);
        if (zone is not null)
            undo.Guard(zone.Add(addresses), zone.Remove);
        undo.Commit();
        return previous;
    }

    protected override void Check(CheckRequest request, FirewallConfig config)
    {
        var previous = RequirePrevious(request.Conf);
        var policy = BridgePolicy.Of(config, previous);
        var addresses = AddressesOf(previous);
        var owner = Owner.Of(request);
        var zone = FirewalldZone.For(request, config);
        zone?.Check(addresses);
        using var nft = OpenTable(config, policy);
        var iptables = IptablesFor(nft, config, addresses).ToList();
        if (nft is not null && IsOfUpstream(nft, owner, addresses, zone is not null))
            iptables = zone is not null ? [] : IptablesFor(null, config, addresses).ToList();
        else if (nft is not null)
            new Admission(nft).Check(owner, addresses, policy);
        foreach (var (firewall, own) in iptables)
            firewall.Check(own);
        if (nft is not null && ForwardDrop.Find(nft) is { } chain)
            throw new CniException($"firewall: {ForwardDrop.Describe(chain)}", ForwardDrop.Hint(chain));
    }

    protected override void Del(DelRequest request, FirewallConfig config)
    {
        var owner = Owner.Of(request);
        var addresses = PromisedAddresses(request.Conf);
        var teardown = new Teardown();
        using var alone = teardown.TryOpen(() => AttachmentLock.TakeIfUsed(owner.Network, owner.ContainerId));
        using var nft = NftSocket.FindHere();
        if (nft is not null)
        {
            var admission = new Admission(nft);
            teardown.Try(() => nft.Commit(() =>
            {
                var pods = admission.Find(owner, addresses);
                var foreign = pods.Where(pod => OwnerMark.Read(pod.Comment) is not null && !owner.Owns(pod.Comment)).Select(Admission.AddressOf);
                addresses = [.. addresses.Concat(pods.Select(Admission.AddressOf)).Except(foreign)];
                return Removal(nft, owner, pods, addresses);
            }));
        }

        teardown.Try(() => IptablesLeftovers.RemoveLegacy(addresses, config));
        teardown.Try(() => FirewalldZone.ForRemoval(request, config)?.Remove(addresses));
        teardown.ThrowIfFailed();
    }

    /// <summary>ADD replaces what the attachment has.</summary>
    protected override void Repair(CheckRequest request, FirewallConfig config) => Add(request.AsAdd(), config);

    protected override void Gc(GcRequest request, FirewallConfig config)
    {
        var garbage = new Garbage(request);
        using var nft = NftSocket.FindHere();
        if (nft is null)
            return;
        var admission = new Admission(nft);
        List<IpAddress> addresses = [];
        nft.Commit(() =>
        {
            var bridges = new HashSet<string>();
            var pods = admission.All((comment, made) =>
            {
                var isGarbage = garbage.IsElement(comment, made);
                if (!isGarbage)
                    bridges.Add(Admission.BridgeOf(made));
                return isGarbage;
            }).ToList();
            addresses = [.. pods.Select(Admission.AddressOf)];
            return Removal(nft, [.. pods, .. BridgePolicy.Unused(nft, request.Network, bridges)], addresses);
        });
        var teardown = new Teardown();
        teardown.Try(() => IptablesLeftovers.RemoveLegacy(addresses, config));
        teardown.Try(() => FirewalldZone.ForRemoval(request, config)?.Remove(addresses));
        teardown.ThrowIfFailed();
    }

    protected override void Status(StatusRequest request, FirewallConfig config)
    {
        if (config.Backend is FirewallBackend.Firewalld)
            FirewalldZone.For(request, config)!.RequireRunning();
        using var nft = config.Backend is FirewallBackend.Iptables ? null : NftSocket.FindHere();
        foreach (var isV6 in (bool[])[false, true])
        {
            var family = isV6 ? Family.Ip6 : Family.Ip;
            if (FlavourFor(nft, config, family) is not { } flavour)
                continue;
            if (!IptablesProgram.IsInstalled(family))
                throw new CniException(CniErrorCode.PluginNotAvailable, $"firewall: the programs of iptables for family {family.Word()} are not installed");
            RequireAdmitted(new IptablesFirewall(family, flavour, config), Admitted(nft, isV6));
        }

        if (nft is null)
            return;
        FirewallTable.Layout.RequireWhole(nft, "firewall");
        if (ForwardDrop.Find(nft) is { } chain)
            throw new CniException(CniErrorCode.LimitedConnectivity, $"firewall: {ForwardDrop.Describe(chain)}", ForwardDrop.Hint(chain));
    }

    /// <summary>The pods that are here must be admitted by iptables too: its FORWARD may drop, or an administrator's chain come, after them.</summary>
    private static void RequireAdmitted(IptablesFirewall firewall, IReadOnlyList<IpAddress> addresses)
    {
        if (addresses.Count == 0)
            return;
        try
        {
            firewall.Check(addresses);
        }
        catch (CniException e)
        {
            throw new CniException(
                CniErrorCode.LimitedConnectivity,
                $"firewall: iptables decides what is forwarded, and pods that were there before are not admitted: {e.Message}",
                "the next ADD, or cnitool repair, admits them all");
        }
    }

    /// <summary>The addresses of a family that pods have in our table, with backend nftables or none named.</summary>
    private static IReadOnlyList<IpAddress> Admitted(NftSocket? nft, bool isV6) =>
        nft is null ? [] : [.. nft.Elements(FirewallTable.Pods(isV6)).Select(Admission.AddressOf)];

    /// <summary>The addresses that need iptables, by family: all when it is asked for or there is nothing else, else those whose way leads through it.</summary>
    private static IEnumerable<(IptablesFirewall Iptables, IReadOnlyList<IpAddress> Addresses)> IptablesFor(
        NftSocket? nft, FirewallConfig config, IReadOnlyList<IpAddress> addresses) =>
        from family in IptablesLeftovers.FamiliesOf(addresses)
        let flavour = FlavourFor(nft, config, family)
        where flavour is not null
        select (new IptablesFirewall(family, flavour.Value, config),
            (IReadOnlyList<IpAddress>)[.. addresses.Where(address => IptablesLeftovers.FamilyOf(address) == family)]);

    private static IptablesFlavour? FlavourFor(NftSocket? nft, FirewallConfig config, Family family) =>
        config.Backend is FirewallBackend.Firewalld ? null
        : nft is null ? IptablesFlavour.Chosen
        : config.Backend is FirewallBackend.Nftables ? null
        : ForwardPath.Find(nft, family, config);

    /// <summary>Our table, where it has a say: with firewalld alone only for a bridge's policy, of which firewalld knows nothing.</summary>
    private static NftSocket? OpenTable(FirewallConfig config, BridgePolicy? policy) => config.Backend switch
    {
        FirewallBackend.Iptables => null,
        FirewallBackend.Firewalld when policy is null => null,
        FirewallBackend.Firewalld => NftSocket.FindHere() ?? throw new CniException(
            CniErrorCode.PluginNotAvailable, "firewall: ingressPolicy beside firewalld needs nf_tables, which this kernel lacks"),
        _ => NftSocket.FindHere(),
    };

    /// <summary>Whether the attachment was made by the reference plugin, or by its rules: then nothing of it is in our table.</summary>
    private static bool IsOfUpstream(NftSocket nft, Owner owner, IReadOnlyList<IpAddress> addresses, bool isInZone) =>
        !new Admission(nft).Find(owner, addresses).Any(pod => owner.Owns(pod.Comment))
        && (isInZone || IptablesLeftovers.FamiliesOf(addresses).Any(family => IptablesLeftovers.Exist(nft, family)));

    private static Batch Removal(NftSocket nft, Owner owner, IReadOnlyList<Element> pods, IReadOnlyCollection<IpAddress> addresses) =>
        Removal(nft, [.. nft.Find(pods).Where(pod => owner.Owns(pod.Comment))], addresses);

    /// <summary>Elements, and the rules that iptables has for addresses, in one batch.</summary>
    private static Batch Removal(NftSocket nft, IReadOnlyList<Element> elements, IReadOnlyCollection<IpAddress> addresses)
    {
        var batch = new Batch().Delete(elements);
        foreach (var rule in IptablesLeftovers.Find(nft, addresses))
            batch.Delete(rule);
        return batch;
    }

    private static CniResult RequirePrevious(NetConf conf) =>
        conf.PreviousResult() ?? throw new CniException("missing prevResult from earlier plugin");

    /// <summary>What DEL is told of the attachment; a result that cannot be read is none, and its owner's name will do.</summary>
    private static IReadOnlyList<IpAddress> PromisedAddresses(NetConf conf)
    {
        try
        {
            return conf.PreviousResult() is { } previous ? AddressesOf(previous) : [];
        }
        catch (CniException e)
        {
            StandardError.WriteLine($"firewall: {e.Message}; rules are found by their owner");
            return [];
        }
    }

    private static IReadOnlyList<IpAddress> AddressesOf(CniResult result) => [.. result.Ips.Select(ip => ip.Address.Address).Distinct()];
}
