using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Iptables;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Attachment;

/// <summary>ipMasq: what pods send beyond their own network leaves with the host's address. Written into nf_tables, or as iptables when asked to.</summary>
internal sealed record Masquerade(bool ByIptables)
{
    /// <summary>ipMasq and ipMasqBackend; null when it is off.</summary>
    public static Masquerade? Read(OptionReader options)
    {
        var isOn = options.Flag("ipMasq", "What pods send beyond their network leaves with the host's address.");
        var backend = options.TextOrNull("ipMasqBackend", "`nftables`, or `iptables` to write the rules there.", since: "1.7.0");
        var isKnown = backend is null or "nftables" or "iptables";
        if (isOn && !isKnown)
            options.Refuse("ipMasqBackend", $"unknown ipmasq backend \"{backend}\"", "ipMasqBackend is nftables (the default) or iptables");
        else if (!isOn && backend is not null && options.IsSurvey)
            options.Advise("ipMasqBackend", "has no effect without ipMasq");
        return isOn ? new Masquerade(backend == "iptables") : null;
    }

    /// <summary>Masquerades these addresses, each with its network's prefix length; all or nothing. A kernel without nf_tables' nat gets iptables.</summary>
    public IReadOnlyList<Cidr> Add(AddRequest request, IReadOnlyList<IpConfig> ips)
    {
        IReadOnlyList<Cidr> addresses = [.. ips.Select(ip => ip.Address)];
        if (!ByIptables && NftMasquerade.TryAdd(Owner.Of(request), request.Netns, addresses))
            return addresses;
        if (!ByIptables && !IptablesIsInstalled())
            throw Unusable(CniErrorCode.Internal);
        using var nft = NftSocket.FindHere();
        IptablesMasquerade.Of(request).Add(nft, addresses);
        return addresses;
    }

    /// <summary>Takes away what was made for the attachment, by us or by upstream, in either form; the addresses are empty when they are unknown.</summary>
    public static void Remove(AttachmentRequest request, IReadOnlyList<Cidr> addresses)
    {
        using var nft = NftSocket.FindHere();
        Remove(nft, request, addresses);
    }

    /// <summary>The same for DEL, which knows the addresses when the runtime remembers what ADD said. The socket is null where there is no nf_tables.</summary>
    /// <remarks>
    /// Closing a netfilter socket waits until the kernel has freed what was deleted by any (nft_rcv_nl_event), about 10 ms of RCU: who deletes links
    /// too, which takes longer, closes it afterwards, and waits once.
    /// </remarks>
    public static void Remove(NftSocket? nft, DelRequest request) => Remove(nft, request, Promised(request));

    private static void Remove(NftSocket? nft, AttachmentRequest request, IReadOnlyList<Cidr> addresses)
    {
        var teardown = new Teardown();
        if (nft is not null)
            teardown.Try(() => NftMasquerade.Remove(nft, Owner.Of(request), addresses));
        teardown.Try(() => IptablesMasquerade.Of(request).Remove(nft, addresses.Count > 0 ? [.. addresses.Select(address => address.Address)] : null));
        teardown.ThrowIfFailed();
    }

    /// <summary>
    /// Takes away what belongs to no valid attachment of the network, but nothing that was made since the call began; of iptables' chains those that an earlier GC
    /// has found stale too.
    /// </summary>
    public static void Collect(GcRequest request, Garbage garbage)
    {
        using var nft = NftSocket.FindHere();
        var teardown = new Teardown();
        if (nft is not null)
            teardown.Try(() => NftMasquerade.Collect(nft, garbage));
        teardown.Try(() => IptablesMasquerade.Collect(nft, request));
        teardown.ThrowIfFailed();
    }

    /// <summary>CHECK: the rules and the attachment's part in them are there, in whichever form they were made.</summary>
    public void Check(CheckRequest request, CniResult expected)
    {
        IReadOnlyList<Cidr> addresses = [.. expected.IpsOf(request.IfName).Select(ip => ip.Address)];
        var iptables = IptablesMasquerade.Of(request);
        using var nft = NftSocket.FindHere();
        if (nft is not null && NftMasquerade.Check(nft, Owner.Of(request), addresses))
            return;
        if (!ByIptables && !iptables.Exists(nft))
            throw NftMasquerade.Broken($"{string.Join(", ", addresses)} is not masqueraded");
        iptables.Check(addresses);
    }

    /// <summary>STATUS: ADD could masquerade, and what it made before still works.</summary>
    public void RequireUsable()
    {
        using var nft = NftSocket.FindHere();
        if ((ByIptables || nft is null) && !IptablesIsInstalled())
            throw Unusable(CniErrorCode.PluginNotAvailable);
        if (nft is not null)
            NftMasquerade.RequireWhole(nft);
    }

    private static bool IptablesIsInstalled() => IptablesProgram.IsInstalled(Family.Ip);

    private CniException Unusable(CniErrorCode code) => ByIptables
        ? new(code, "ipMasq: ipMasqBackend is iptables, and there is no iptables-restore in PATH", "install iptables, or leave ipMasqBackend out")
        : new(code, "ipMasq: this kernel has no nat in nf_tables, and there is no iptables in PATH", "load nf_tables and nft_masq, or install iptables");

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
