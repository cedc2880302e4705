using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Nftables;

namespace CniPlugins.Bridge;

/// <summary>macspoofchk: frames of a guarded port pass only with the hardware address that its pod was given.</summary>
internal sealed class MacSpoofGuard(NftSocket nft)
{
    private const string Hint = "somebody has changed table bridge cni_plugins: remove it (nft delete table bridge cni_plugins) and run cnitool repair, or make the pods anew";

    private static Table Table => new(Family.Bridge, "cni_plugins");

    /// <summary>The guarded ports; each element also keeps the address, for the pair's removal.</summary>
    private static Set Ports => new(Table, "macspoof_ports", DataType.IfName);

    private static Set Pairs => new(Table, "macspoof_pairs", DataType.IfName, DataType.EtherAddr);

    private static Chain Prerouting => new(Table, "macspoof") { Hook = new Hook(ChainType.Filter, HookPoint.Prerouting, Priority.Raw) };

    /// <summary>An empty chain that names the layout of all this: an older release has another, and its rules are replaced.</summary>
    private static Chain Layout => new(Table, "macspoof_layout_v1");

    /// <summary>
    /// nft create element bridge cni_plugins macspoof_ports { "veth…" comment "OWNER" }, and macspoof_pairs { "veth…" . MAC … }: one batch; and the rule, where it
    /// is missing. A port of this name that is there already is of a pod that is gone, for the name was free.
    /// </summary>
    public IReadOnlyList<Element> Add(Owner owner, Link outer, MacAddress mac)
    {
        byte[] made = [.. Provenance.Now("").ToBytes(), .. mac.ToBytes()];
        var elements = Elements(outer.Name, mac).Select(element => element with { Comment = owner.Comment, Private = made }).ToList();
        try
        {
            // Flushing the empty chain that names the layout changes nothing, and fails where the rules are not of this layout.
            Add(() => new Batch().Flush(Layout), elements);
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENOENT)
        {
            Add(Skeleton, elements);
        }

        return elements;
    }

    /// <summary>Takes away what is an attachment's of these elements.</summary>
    public void Remove(Owner owner, IReadOnlyList<Element> elements) =>
        nft.Commit(() => new Batch().Delete([.. nft.Find(elements).Where(element => owner.Owns(element.Comment))]));

    /// <summary>Takes away the attachment's elements, found by the names of its interfaces or, when they are not known, by its own, and upstream's rules.</summary>
    public void Remove(DelRequest request, IReadOnlyList<string> names)
    {
        var owner = Owner.Of(request);
        nft.Commit(() =>
        {
            var ports = names.Count > 0 ? nft.Find([.. names.Select(Port)]) : nft.Elements(Ports);
            return UpstreamMacSpoof.AddRemoval(Removal(ports.Where(port => owner.Owns(port.Comment))), nft, request);
        });
    }

    /// <summary>Takes away what belongs to no valid attachment of the network, but nothing that was made since the call began.</summary>
    public void Collect(GcRequest request, long started)
    {
        var valid = Owner.Hashes(request.Network, request.Valid);
        nft.Commit(() => Removal(nft.Elements(Ports).Where(port =>
            Owner.IsStale(port.Comment, request.Network, valid) && Provenance.Read(port.Private).Created < started)));
    }

    /// <summary>Throws unless the port is guarded, with this address, by us or by upstream's rules.</summary>
    public void Check(CheckRequest request, Link outer, MacAddress mac)
    {
        if (UpstreamMacSpoof.Guards(nft, request))
            return;
        var present = nft.Find(Elements(outer.Name, mac)).Where(element => Owner.Of(request).Owns(element.Comment)).ToList();
        foreach (var element in Elements(outer.Name, mac))
        {
            if (!present.Any(found => found.Set == element.Set && found.Key.Equals(element.Key)))
                throw new CniException($"macspoofchk: expected {element} not found", Hint);
        }

        if (IsBroken)
            throw new CniException($"macspoofchk: expected rule of {Prerouting} not found", Hint);
    }

    /// <summary>STATUS: the rule is there, if there was one yet.</summary>
    public void RequireWhole()
    {
        if (nft.FindChain(Table, Layout.Name) is not null && IsBroken)
            throw new CniException(CniErrorCode.LimitedConnectivity, $"macspoofchk: expected rule of {Prerouting} not found", Hint);
    }

    private bool IsBroken => nft.FindChain(Table, Prerouting.Name)?.Hook?.Point != HookPoint.Prerouting || nft.Rules(Prerouting).Count != 1;

    private static Batch Skeleton() => new Batch().Ensure(Table).Ensure(Ports).Ensure(Pairs).Ensure(Layout)
        .Ensure(Prerouting).Flush(Prerouting)
        .Add(Prerouting, [Meta.IifName.In(Ports), Meta.IifName.Then(Ether.Source).NotIn(Pairs), Verdict.Drop]);

    private void Add(Func<Batch> start, IReadOnlyList<Element> elements)
    {
        try
        {
            nft.Commit(start().Create(elements));
        }
        catch (NetlinkException e) when (e.Errno is Errno.EEXIST)
        {
            nft.Commit(() =>
            {
                var stale = nft.Find(elements[0]).SelectMany(Both).ToList();
                return start().Delete(nft.Find([.. stale.Concat(elements).DistinctBy(element => (element.Set.Name, element.Key))])).Create(elements);
            });
        }
    }

    /// <summary>Ports and the pairs that they remember.</summary>
    private Batch Removal(IEnumerable<Element> ports) => new Batch().Delete([.. ports, .. nft.Find([.. ports.SelectMany(Both).Where(element => element.Set == Pairs)])]);

    private static Element Port(string name) => new(Ports, new Datum(Value.IfName(name)));

    private static Element[] Elements(string name, MacAddress mac) =>
        [Port(name), new Element(Pairs, new Datum(Value.IfName(name), Value.Of(mac)))];

    private static Element[] Both(Element port) => port.Private is { Length: sizeof(long) + MacAddress.Size } made
        ? [port, new Element(Pairs, new Datum(port.Key.Values[0], Value.Of(MacAddress.FromBytes(made.AsSpan(sizeof(long))))))]
        : [port];
}
