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
            using var nft = NftSocket.FindHere();
            if (nft is null)
                return false;
            new OtherForms(nft).Claim(pod);
            var elements = PortElements.Of(pod);
            if (ConditionedPorts.Count(pod) > 0 || IsHeld(nft, pod)
                || !PortTable.Layout([.. elements.Select(element => element.Set)]).TryCreate(nft, elements))
                nft.Commit(() => Replace(nft, pod));
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
        new OtherForms(nft).RequireNone(pod);
        var sets = nft.Sets(OwnTables.Inet);
        if (PortTable.Layout(sets).FindMissing(nft) is { } rule)
            throw Missing($"\"{rule.Chain.Name}\" chain", rule.Text);
        var own = nft.Find(PortElements.Keys(pod, PortMap.Among(sets))).FirstOrDefault(port => pod.Owner.Owns(port.Comment));
        var wanted = PortElements.Of(pod, own is null ? 1 : PortMap.Of(own.Set)!.Turn);
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
            var (maps, hairpins) = (PortMap.Among(sets), HairpinSet.Among(sets));
            var ports = pod.Config.KnowsAllMappings
                ? nft.Find(PortElements.Keys(pod, maps)).Where(element => pod.Owner.Owns(element.Comment)).ToList()
                : maps.SelectMany(map => nft.Elements(map.Set, pod.Owner.Elements)).ToList();
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
            var sets = nft.Sets(OwnTables.Inet).Where(set => HairpinSet.Of(set) is not null || PortMap.Of(set) is not null);
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

    /// <summary>
    /// Whether something stands before or behind where the elements would come; where nothing of that kind is, it is a
    /// few short questions.
    /// </summary>
    private static bool IsHeld(NftSocket nft, PodPorts pod)
    {
        var owners = new PortOwners(nft, pod, nft.Sets(OwnTables.Inet));
        return owners.IsHeldInLaterTurn || ConditionedPorts.Shadows(nft, pod, owners).Count > 0 || owners.Shadows.Count > 0;
    }

    /// <summary>All rules, and the elements in the place of what is stale.</summary>
    private static Batch Replace(NftSocket nft, PodPorts pod)
    {
        var sets = nft.Sets(OwnTables.Inet);
        var owners = new PortOwners(nft, pod, sets);
        var (turn, displaced) = owners.Claim();
        var elements = PortElements.Of(pod, turn);
        var batch = PortTable.Layout([.. sets, .. elements.Select(element => element.Set)]).Skeleton().Delete(displaced);
        ConditionedPorts.Delete(batch, ConditionedPorts.Rules(nft).Where(rule => pod.Owner.Owns(rule.Comment))
            .Concat(ConditionedPorts.Shadows(nft, pod, owners)));
        batch.Create(elements);
        ConditionedPorts.Add(batch, pod);
        return batch;
    }

    private static CniException Missing(string where, string what) => new($"missing hostport rules in {where}", what);
}
