using CniPlugins.Attachment;
using CniPlugins.Attachment.Tables;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Nftables;
using CniPlugins.Route;

namespace CniPlugins.Bridge;

/// <summary>macspoofchk: frames of a guarded port pass only with the hardware address that its pod was given.</summary>
internal static class MacSpoofGuard
{
    /// <summary>
    /// nft create element bridge cni_plugins macspoof_ports { "veth…" comment "OWNER" }, and macspoof_pairs { "veth…" . MAC … }: one batch; and the rule, where it
    /// is missing. A port of this name that is there already is of a pod that is gone, for the name was free.
    /// </summary>
    public static IReadOnlyList<Element> Add(AddRequest request, Link outer, Link inner)
    {
        var mac = inner.Mac ?? throw new CniException($"failed to setup spoof-check: {inner} has no hardware address");
        var elements = MacSpoofTable.Elements(Owner.Of(request), outer.Name, mac);
        try
        {
            using var nft = NftSocket.FindHere()
                ?? throw new CniException("failed to setup spoof-check: this kernel has no nf_tables", "load nf_tables, or leave macspoofchk out");
            Add(nft, elements);
            return elements;
        }
        catch (NetlinkException e)
        {
            throw CniException.Because("failed to setup spoof-check", e);
        }
    }

    /// <summary>Takes away what is the attachment's of these elements.</summary>
    public static void Remove(AttachmentRequest request, IReadOnlyList<Element> elements)
    {
        using var nft = NftSocket.OpenHere();
        nft.Commit(() => new Batch().Delete([.. nft.Find(elements).Where(element => Owner.Of(request).Owns(element.Comment))]));
    }

    /// <summary>
    /// Takes away the attachment's elements, found by the names of its interfaces or, when they are not known, by its own; and upstream's rules. A kernel
    /// without nf_tables has none.
    /// </summary>
    public static void Remove(NftSocket nft, DelRequest request)
    {
        var owner = Owner.Of(request);
        var names = NamesOf(request.Conf);
        nft.Commit(() =>
        {
            var ports = names.Count > 0 ? nft.Find([.. names.Select(MacSpoofTable.Port)]) : nft.Elements(MacSpoofTable.Ports, owner.Elements);
            return UpstreamMacSpoof.AddRemoval(Removal(nft, [.. ports.Where(port => owner.Owns(port.Comment))]), nft, request);
        });
    }

    /// <summary>Takes away what belongs to no valid attachment of the network, but nothing that was made since the call began.</summary>
    public static void Collect(Garbage garbage)
    {
        using var nft = NftSocket.FindHere();
        nft?.Commit(() => Removal(nft, nft.Elements(MacSpoofTable.Ports, garbage.IsElement)));
    }

    /// <summary>Throws unless the port is guarded, by us or by upstream's rules.</summary>
    public static void Check(CheckRequest request, Link outer, Link inner)
    {
        using var nft = NftSocket.OpenHere();
        if (UpstreamMacSpoof.Guards(nft, request))
            return;
        var expected = MacSpoofTable.Elements(Owner.Of(request), outer.Name, inner.Mac ?? default);
        if (Owner.Of(request).FindMissing(expected, nft.Find(expected)) is { } missing)
            throw new CniException($"macspoofchk: expected {missing} not found", MacSpoofTable.Layout.Hint);
        if (MacSpoofTable.Layout.FindMissing(nft) is { } rule)
            throw new CniException($"macspoofchk: expected {rule} not found", MacSpoofTable.Layout.Hint);
    }

    /// <summary>STATUS: there is nf_tables, and the rule, if there was one yet.</summary>
    public static void RequireUsable()
    {
        using var nft = NftSocket.FindHere() ?? throw new CniException(CniErrorCode.PluginNotAvailable, "macspoofchk: this kernel has no nf_tables");
        MacSpoofTable.Layout.RequireWhole(nft, "macspoofchk");
    }

    /// <summary>The elements alone where the rule stands; a port in a set that no rule asks would be unguarded.</summary>
    private static void Add(NftSocket nft, IReadOnlyList<Element> elements)
    {
        if (MacSpoofTable.Layout.TryCreate(nft, elements))
            return;
        nft.Commit(() =>
        {
            var stale = nft.Find(elements[0]).SelectMany(MacSpoofTable.Both).ToList();
            return MacSpoofTable.Layout.Skeleton().Delete(nft.Find([.. stale.Concat(elements).DistinctBy(element => (element.Set.Name, element.Key))])).Create(elements);
        });
    }

    /// <summary>Ports and the pairs that they remember.</summary>
    private static Batch Removal(NftSocket nft, IReadOnlyList<Element> ports) =>
        new Batch().Delete(nft.Find([.. ports.SelectMany(MacSpoofTable.Both).OrderBy(element => element.Set.Name)]));

    /// <summary>The names of the host's interfaces in the result, if there is one that can be read.</summary>
    private static IReadOnlyList<string> NamesOf(NetConf conf)
    {
        try
        {
            return [.. from link in conf.PreviousResult()?.Interfaces ?? []
                       where link.Sandbox.Length == 0 && IfName.TryParse(link.Name, out _, out _) is not null
                       select link.Name];
        }
        catch (CniException e)
        {
            StandardError.WriteLine($"bridge: {e.Message}; guarded ports are found by their owner");
            return [];
        }
    }
}
