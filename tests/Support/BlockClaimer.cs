using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Claiming;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Tests.Support;

/// <summary>Gives blocks to owners without an assignment, as Calico's operators can (upstream: ClaimAffinity).</summary>
internal sealed class BlockClaimer(IDatastore store, Clock clock)
{
    /// <summary>Claims every block of a network; how many are the owner's now, and how many somebody else's.</summary>
    public (int Claimed, int Failed) Claim(Cidr network, int blockSize, BlockOwner owner)
    {
        var (claimed, failed) = (0, 0);
        for (var block = new Cidr(network.First, blockSize); ; block = new Cidr(block.Last.Next, blockSize))
        {
            _ = ClaimBlock(new AffinityKey(owner, block)) ? claimed++ : failed++;
            if (block.Last == network.Last)
                return (claimed, failed);
        }
    }

    private bool ClaimBlock(AffinityKey key)
    {
        var claims = new Claims(store, clock, BlocksLab.Soon);
        for (var attempts = new Attempts(clock, BlocksLab.Soon); ; attempts.Again($"claim {key}"))
        {
            try
            {
                return claims.Open(claims.Announce(key)).Result == ClaimResult.Owned;
            }
            catch (DatastoreException e) when (e.Failure is DatastoreFailure.RevisionConflict or DatastoreFailure.NotFound)
            {
                continue;
            }
        }
    }
}
