using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Netlink;
using CniPlugins.Route;
using CniPlugins.Traffic;

namespace CniPlugins.Bandwidth;

/// <summary>Makes a pod's traffic wait: what goes to it at the veth's root, what comes from it at an ifb that the veth leads it to.</summary>
internal sealed class Shaper(RouteSocket host, Link veth, AttachmentRequest request)
{
    private readonly Owner _owner = Owner.Of(request);
    private readonly PacketClock _clock = PacketClock.Read();

    /// <summary>The ifb's name.</summary>
    public string IfbName { get; } = PodIfbName.Of(request.Network, request.ContainerId.Value);

    /// <summary>
    /// Makes what is missing and replaces what a dead ADD has left; all or nothing. Returns the ifb, or null when what the pod sends is not limited. Throws
    /// in upstream's words, and before anything is changed when somebody else's qdisc is in the way.
    /// </summary>
    public Link? Apply(BandwidthConfig config)
    {
        foreach (var limit in new[] { config.Ingress, config.Egress })
        {
            if (limit?.Remark(_clock) is { } remark)
                StandardError.WriteLine($"bandwidth: {remark}");
        }

        var ingress = config.Ingress?.Bucket(_clock, veth.Mtu);
        var egress = config.Egress?.Bucket(_clock, veth.Mtu);
        var root = ingress is null ? null : host.FindRoot(veth);
        var entrance = egress is null ? null : host.FindIngress(veth);
        var filters = entrance is null ? [] : host.IngressFilters(veth.Index);
        var old = egress is null ? null : FindIfb();
        RequireOurs(root);
        RequireOurs(entrance, filters, old);

        using var undo = new Undo();
        var ifb = egress is null ? null : Adopt(old) ?? CreateIfb(old, undo);

        // A batch is no transaction, so each of its parts is guarded before; nothing was there, as has been seen.
        var batch = host.Batch();
        if (ifb is not null)
        {
            if (entrance is null)
                undo.Guard(veth, link => host.DeleteIngress(link));
            SetRoot(batch, ifb, old?.Index == ifb.Index ? host.FindRoot(ifb) : null, egress!.Value, "create ifb qdisc: create qdisc");
            LeadThrough(batch.SetUp(ifb), ifb, entrance is not null, filters);
        }

        if (ingress is { } bucket)
        {
            if (root is null)
                undo.Guard(veth, link => host.DeleteRoot(link));
            SetRoot(batch, veth, root, bucket, "create qdisc");
        }

        Commit(batch);
        undo.Commit();
        return ifb;
    }

    /// <summary>CHECK: the kernel still has these limits (plugins/meta/bandwidth/main.go, cmdCheck); that what the pod sends is led to its ifb is looked at too.</summary>
    public void Check(BandwidthConfig config)
    {
        if (config.Ingress is { } ingress)
            Check(veth, ingress);
        if (config.Egress is not { } egress)
            return;
        var ifb = host.FindLink(IfbName) ?? throw new CniException("get ifb device: Link not found", $"{IfbName} is gone: cnitool repair puts it back");
        Check(ifb, egress);
        if (!host.IngressFilters(veth.Index).Any(filter => filter.RedirectTo == ifb.Index))
            throw new CniException("Failed to find filter", $"what comes in by {veth} is not led to {ifb}");
    }

    private void Check(Link link, RateLimit limit)
    {
        var root = host.FindRoot(link);
        if (root is { Kind: "htb" })
            return; // upstream 1.5.0 and 1.5.1
        if (root?.TokenBucket is not { } bucket)
            throw new CniException("Failed to find qdisc", $"{link} has {root?.Kind ?? "no qdisc"} at its root, which limits nothing");
        if (limit.Means(bucket, _clock, veth.Mtu))
            return;
        var wanted = limit.Bucket(_clock, veth.Mtu);
        var what = bucket.Rate != wanted.Rate ? "Rate" : bucket.Limit != wanted.Limit ? "Limit" : "Buffer";
        throw new CniException($"{what} doesn't match", $"{limit}; {link} has {bucket}, not {wanted}");
    }

    private Link? FindIfb()
    {
        var link = host.FindLink(IfbName);
        return link is null || PodIfb.Belongs(link, _owner)
            ? link
            : throw new CniException("adding link: file exists", $"EEXIST; {link} is another's ({link.Kind} {link.Alias}): a container has one in each network");
    }

    /// <summary>Upstream's and ours have a handle that nobody else's has by chance; a veth has no other from birth.</summary>
    private static void RequireOurs(Qdisc? root)
    {
        if (root is not (null or { Kind: "tbf" or "htb", Handle: Qdisc.First }))
            throw new CniException("create qdisc: file exists", $"EEXIST; somebody has put {root.Kind} at the root of the pod's link");
    }

    private void RequireOurs(Qdisc? entrance, IReadOnlyList<Filter> filters, Link? ifb)
    {
        if (entrance is not (null or { Kind: "ingress" }) || filters.Any(filter => filter.RedirectTo is not { } to || (to != 0 && to != ifb?.Index)))
            throw new CniException("create ingress qdisc: file exists", $"EEXIST; somebody filters what comes in by {veth}: tc filter show dev {veth} ingress");
    }

    /// <summary>A link of a dead ADD, or of upstream's, serves as well as a new one; from now on it says whose it is. Null when it does not fit.</summary>
    private Link? Adopt(Link? old)
    {
        if (old is null || old.Mtu != veth.Mtu)
            return null;
        if (!_owner.Owns(old.Alias))
            old.SetAlias(_owner.Alias);
        return old;
    }

    /// <summary>
    /// ip link add bwpX mtu … txqueuelen 0 type ifb, with its owner's name. It is up only when its qdisc is there: the kernel waits for all processors before it
    /// changes the qdisc of a link that is up.
    /// </summary>
    private Link CreateIfb(Link? old, Undo undo)
    {
        old?.Delete();
        undo.Guard(IfbName, name => host.FindLink(name)?.Delete()); // before, for it is made, signed and looked up
        try
        {
            host.Batch().Create(new IfbSpec(IfbName) { Mtu = veth.Mtu, Mac = MacAddress.Random(), TxQueueLength = 0 }, _owner.Alias, "adding link").Commit();
        }
        catch (NetlinkException e)
        {
            throw KernelFeatures.Explain(e);
        }

        return host.FindLink(IfbName) ?? throw new CniException("get ifb device: Link not found", nameof(Errno.ENODEV));
    }

    private void LeadThrough(RouteBatch batch, Link ifb, bool hasEntrance, IReadOnlyList<Filter> filters)
    {
        if (filters.Any(filter => filter.RedirectTo == ifb.Index))
            return;
        if (hasEntrance)
            batch.DeleteIngress(veth);
        batch.AddIngress(veth, "create ingress qdisc").AddRedirect(veth, ifb, "add filter");
    }

    private static void SetRoot(RouteBatch batch, Link link, Qdisc? root, TokenBucket bucket, string what)
    {
        if (root?.TokenBucket == bucket)
            return;
        var isBucket = root?.TokenBucket is not null && root.Handle == Qdisc.First;
        if (root is not null && !isBucket)
            batch.DeleteRoot(link);
        batch.AddTokenBucket(link, bucket, replace: isBucket, what);
    }

    private static void Commit(RouteBatch batch)
    {
        try
        {
            batch.Commit();
        }
        catch (NetlinkException e)
        {
            throw KernelFeatures.Explain(e);
        }
    }
}
