using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Attachment;

/// <summary>ipMasq: what pods send beyond their own network leaves with the host's address. Written into nf_tables, or as iptables when asked to.</summary>
internal sealed record Masquerade(bool ByIptables)
{
    /// <summary>ipMasq and ipMasqBackend; null when it is off. What DEL takes away does not depend on the backend, so any will do then.</summary>
    public static Masquerade? Read(Request request)
    {
        var root = request.Conf.Root;
        var backend = root.String("ipMasqBackend");
        if (!(root.Bool("ipMasq") ?? false))
            return null;
        return backend is null or "nftables" or "iptables" || request is DelRequest or GcRequest
            ? new Masquerade(backend == "iptables")
            : throw new CniException($"unknown ipmasq backend \"{backend}\"", "ipMasqBackend is nftables (the default) or iptables");
    }

    /// <summary>Masquerades these addresses, each with its network's prefix length; all or nothing.</summary>
    public IReadOnlyList<Cidr> Add(AddRequest request, IReadOnlyList<IpConfig> ips)
    {
        IReadOnlyList<Cidr> addresses = [.. ips.Select(ip => ip.Address)];
        if (ByIptables || !NftMasquerade.TryAdd(Owner.Of(request), request.Netns, addresses))
            throw new CniException("ipMasq: this kernel has no nf_tables with nat");
        return addresses;
    }

    /// <summary>Takes away what was made for the attachment, by us or by upstream, in either form; the addresses are empty when they are unknown.</summary>
    public static void Remove(AttachmentRequest request, IReadOnlyList<Cidr> addresses)
    {
        using var nft = NftSocket.FindHere();
        if (nft is not null)
            NftMasquerade.Remove(nft, Owner.Of(request), addresses);
    }

    /// <summary>The same for DEL, which knows the addresses when the runtime remembers what ADD said.</summary>
    public static void Remove(DelRequest request) => Remove(request, Promised(request));

    /// <summary>Takes away what belongs to no valid attachment of the network, but nothing that was made since the call began.</summary>
    public static void Collect(GcRequest request, long started)
    {
        using var nft = NftSocket.FindHere();
        if (nft is not null)
            NftMasquerade.Collect(nft, request.Network, Owner.Hashes(request.Network, request.Valid), started);
    }

    /// <summary>CHECK: the rules and the attachment's part in them are there, in whichever form they were made.</summary>
    public void Check(CheckRequest request, CniResult expected)
    {
        IReadOnlyList<Cidr> addresses = [.. expected.IpsOf(request.IfName).Select(ip => ip.Address)];
        using var nft = NftSocket.FindHere();
        if (nft is null || !NftMasquerade.Check(nft, Owner.Of(request), addresses))
            throw new CniException($"ipMasq: {string.Join(", ", addresses)} is not masqueraded any more");
    }

    /// <summary>STATUS: ADD could masquerade, and what it made before still works.</summary>
    public void RequireUsable()
    {
        using var nft = NftSocket.FindHere();
        if (nft is null)
            throw new CniException(CniErrorCode.PluginNotAvailable, "ipMasq: this kernel has no nf_tables");
        NftMasquerade.RequireWhole(nft);
    }

    private static IReadOnlyList<Cidr> Promised(DelRequest request)
    {
        try
        {
            return [.. (request.Conf.PreviousResult()?.IpsOf(request.IfName) ?? []).Select(ip => ip.Address)];
        }
        catch (CniException e)
        {
            StandardError.WriteLine($"{request.Conf.Type}: {e.Message}; looking for the attachment's rules without it");
            return [];
        }
    }
}
