using CniPlugins.Attachment;
using CniPlugins.Attachment.Tables;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Nftables;

namespace CniPlugins.Portmap;

/// <summary>Host ports in nf_tables: a pod is a few elements with its owner's name, made and taken away in one batch, and no program is run for it.</summary>
internal sealed class NftPorts : IPortBackend
{
    public PodPorts Add(PodPorts pod) => TryAdd(pod) ? pod : throw new CniException(
        CniErrorCode.PluginNotAvailable,
        "unable to set up nftables rules for port mappings: this kernel has no nf_tables with nat, and iptables is not installed",
        "load nf_tables (Linux 5.2 or newer), or install iptables");

    /// <summary>False when this kernel cannot, and then nothing was made.</summary>
    public static bool TryAdd(PodPorts pod)
    {
        try
        {
            var elements = PortElements.Of(pod);
            using var nft = NftSocket.FindHere();
            if (nft is null)
                return false;
            if (ConditionedPorts.Count(pod) > 0 || IsShadowed(nft, pod, elements)
                || !PortTable.Layout(elements.Select(element => element.Set)).TryCreate(nft, elements))
                nft.Commit(() => Replace(nft, pod, elements));
            return true;
        }
        catch (Exception e) when (e is IErrnoException { Errno: var errno } && (NftSocket.IsAbsence(errno) || errno is Errno.ENOENT))
        {
            // ENOENT for what the batch itself makes: there is no nat in family inet (before 5.2).
            return false;
        }
        catch (Exception e) when (e is IErrnoException)
        {
            throw CniException.Because("unable to set up nftables rules for port mappings", e);
        }
    }

    public void Check(PodPorts pod)
    {
        using var nft = NftSocket.OpenHere();
        if (UpstreamHostPorts.Check(nft, pod))
            return;
        if (PortTable.Layout(nft.Sets(OwnTables.Inet)).FindMissing(nft) is { } rule)
            throw Missing($"\"{rule.Chain.Name}\" chain", rule.Text);
        var wanted = PortElements.Of(pod);
        if (pod.Owner.FindMissing(wanted, nft.Find(wanted)) is { } missing)
            throw Missing($"{missing.Set.Name}", missing.ToString());

        if (ConditionedPorts.Rules(nft).Count(rule => pod.Owner.Owns(rule.Comment)) < ConditionedPorts.Count(pod))
            throw Missing($"\"{PortTable.Conditions.Name}\" chain", "a mapping with conditions");
    }

    public void Remove(PodPorts pod)
    {
        using var nft = NftSocket.FindHere();
        nft?.Commit(() =>
        {
            var sets = nft.Sets(OwnTables.Inet);
            if (sets.Count == 0)
                return new Batch();
            var hairpins = HairpinSet.Among(sets);
            var ports = pod.Config.KnowsAllMappings
                ? nft.Find(PortElements.Keys(pod)).Where(element => pod.Owner.Owns(element.Comment)).ToList()
                : PortTable.AllPorts.SelectMany(set => nft.Elements(set, pod.Owner.Elements)).ToList();
            var batch = new Batch().Delete([.. ports, .. ports.SelectMany(port => PortElements.HairpinsOf(nft, port, hairpins))]);
            ConditionedPorts.Delete(batch, ConditionedPorts.Rules(nft).Where(rule => pod.Owner.Owns(rule.Comment)));
            return batch;
        });
    }

    public void Collect(GcRequest request)
    {
        var garbage = new Garbage(request);
        using var nft = NftSocket.FindHere();
        nft?.Commit(() =>
        {
            var sets = nft.Sets(OwnTables.Inet).Where(set => HairpinSet.Of(set) is not null || PortTable.AllPorts.Contains(set));
            var batch = new Batch().Delete([.. sets.SelectMany(set => nft.Elements(set, garbage.IsElement))]);
            ConditionedPorts.Delete(batch, ConditionedPorts.Rules(nft).Where(rule => garbage.HasAlias(rule.Comment)));
            return batch;
        });
    }

    public void RequireUsable()
    {
        using var nft = NftSocket.FindHere()
            ?? throw new CniException(CniErrorCode.PluginNotAvailable, "portmap: this kernel has no nf_tables", "load nf_tables, or set backend to iptables");
        PortTable.Layout(nft.Sets(OwnTables.Inet)).RequireWhole(nft, "portmap");
    }

    /// <summary>Whether something of a dead attachment would come before the elements; where nothing of that kind is, it is three short questions.</summary>
    private static bool IsShadowed(NftSocket nft, PodPorts pod, IReadOnlyList<Element> elements) =>
        ConditionedPorts.Shadows(nft, pod).Count > 0 || PortOwners.Shadows(nft, pod, elements).Count > 0;

    /// <summary>All rules, and the elements in the place of what is stale.</summary>
    private static Batch Replace(NftSocket nft, PodPorts pod, IReadOnlyList<Element> elements)
    {
        var sets = nft.Sets(OwnTables.Inet);
        var displaced = PortOwners.Displace(nft, pod, elements, HairpinSet.Among(sets));
        var batch = PortTable.Layout(sets.Concat(elements.Select(element => element.Set))).Skeleton().Delete(displaced);
        ConditionedPorts.Delete(batch, ConditionedPorts.Rules(nft).Where(rule => pod.Owner.Owns(rule.Comment)).Concat(ConditionedPorts.Shadows(nft, pod)));
        batch.Create(elements);
        ConditionedPorts.Add(batch, pod);
        return batch;
    }

    private static CniException Missing(string where, string what) => new($"missing hostport rules in {where}", what);
}
