using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Firewall;

/// <summary>Admits the traffic of pods that pass the host's firewall, and keeps bridges apart that ask for it.</summary>
internal sealed class FirewallPlugin : Plugin<FirewallConfig>
{
    public override IReadOnlyList<CniVersion> Versions => [.. CniVersion.All.Where(version => version >= CniVersion.V040)];

    protected override FirewallConfig Read(Request request) => FirewallConfig.Read(request);

    protected override CniResult Add(AddRequest request, FirewallConfig config)
    {
        config.RefuseFirewalld();
        var previous = RequirePrevious(request.Conf);
        var policy = BridgePolicy.Of(config, previous);
        var addresses = AddressesOf(previous);
        using var nft = NftSocket.OpenHere();
        using var undo = new Undo();
        var owner = Owner.Of(request);
        var admission = new Admission(nft);
        admission.Add(owner, addresses, policy);
        undo.Guard(owner, _ => nft.Commit(() => new Batch().Delete([.. admission.Find(owner, addresses).Where(pod => owner.Owns(pod.Comment))])));
        undo.Commit();
        return previous;
    }

    protected override void Check(CheckRequest request, FirewallConfig config)
    {
        config.RefuseFirewalld();
        var previous = RequirePrevious(request.Conf);
        using var nft = NftSocket.OpenHere();
        new Admission(nft).Check(Owner.Of(request), AddressesOf(previous), BridgePolicy.Of(config, previous));
    }

    protected override void Del(DelRequest request, FirewallConfig config)
    {
        using var nft = NftSocket.OpenHere();
        var owner = Owner.Of(request);
        var admission = new Admission(nft);
        var addresses = request.Conf.PreviousResult() is { } previous ? AddressesOf(previous) : [];
        nft.Commit(() => new Batch().Delete([.. admission.Find(owner, addresses).Where(pod => owner.Owns(pod.Comment))]));
    }

    protected override void Gc(GcRequest request, FirewallConfig config)
    {
        var started = BootClock.Nanoseconds;
        var valid = Owner.Hashes(request.Network, request.Valid);
        using var nft = NftSocket.OpenHere();
        var admission = new Admission(nft);
        nft.Commit(() =>
        {
            var pods = admission.All().ToLookup(pod => Owner.IsStale(pod.Comment, request.Network, valid) && Provenance.Read(pod.Private).Created < started);
            var bridges = pods[false].Select(Admission.BridgeOf).ToHashSet();
            return new Batch().Delete([.. pods[true], .. BridgePolicy.Unused(nft, request.Network, bridges)]);
        });
    }

    protected override void Status(StatusRequest request, FirewallConfig config)
    {
        config.RefuseFirewalld();
        using var nft = NftSocket.OpenHere();
        _ = nft.Generation();
    }

    private static CniResult RequirePrevious(NetConf conf) =>
        conf.PreviousResult() ?? throw new CniException("missing prevResult from earlier plugin");

    private static IReadOnlyList<IpAddress> AddressesOf(CniResult result) => [.. result.Ips.Select(ip => ip.Address.Address).Distinct()];
}
