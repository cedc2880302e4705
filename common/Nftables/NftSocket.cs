using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>The ruleset of one network namespace.</summary>
internal sealed partial class NftSocket(NetlinkSocket netlink) : IDisposable
{
    private const int RequestSize = 1024;

    // Looking and deciding takes less than a millisecond; a ruleset that changes this often in a row is not going to stop.
    private const int Attempts = 20;

    /// <summary>The namespace this process runs in.</summary>
    public static NftSocket OpenHere() => new(new NetlinkSocket(NETLINK.NETFILTER));

    /// <summary>The number of the ruleset, which every batch that changes it, anybody's, makes another.</summary>
    public uint Generation()
    {
        var message = NftMessage.Create(stackalloc byte[RequestSize], NFT_MSG.GETGEN, 0, default);
        return netlink.Find(message, "read nftables generation", ReadGeneration, absent: Errno.ENOENT) is [var generation]
            ? generation
            : throw NetlinkException.Malformed("read nftables generation: no number");
    }

    /// <summary>Makes the changes of a batch, all or none.</summary>
    public void Commit(Batch batch, uint? generation = null) => batch.Commit(netlink, generation);

    /// <summary>
    /// Looks at the ruleset, decides on changes and makes them; when it became another in between, or nobody can tell whether by this batch, looks again.
    /// </summary>
    public void Commit(Func<Batch> decide)
    {
        for (var attempt = 1; ; attempt++)
        {
            var generation = Generation();
            try
            {
                Commit(decide(), generation);
                return;
            }
            catch (NetlinkException e) when ((e.Errno is Errno.ERESTART || e.IsUnanswered) && attempt < Attempts)
            {
                // Somebody else was faster, and nothing of ours was changed; or the answer was lost, and all of it may have been.
            }
        }
    }

    private static uint[] ReadGeneration(NetlinkReply reply)
    {
        foreach (var attribute in reply.Attributes<NFTA_GEN, nfgenmsg>())
        {
            if (attribute.Type == NFTA_GEN.ID)
                return [attribute.UInt32Net];
        }

        return [];
    }

    public void Dispose() => netlink.Dispose();
}
