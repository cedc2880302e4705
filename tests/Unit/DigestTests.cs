using System.Security.Cryptography;
using CniPlugins.Attachment;
using CniPlugins.Digest;

namespace CniPlugins.Tests.Unit;

/// <summary>Names cut from digests are shared with upstream; the framework's SHA-512 is the judge.</summary>
public sealed class DigestTests
{
    [Fact]
    public void Every_length_around_the_block_size_agrees_with_the_frameworks()
    {
        var data = new byte[400];
        new Random(1).NextBytes(data);
        for (var length = 0; length <= data.Length; length++)
            Assert.Equal(SHA512.HashData(data.AsSpan(0, length)), Sha512.Hash(data.AsSpan(0, length)));
    }

    [Fact]
    public void An_owner_is_written_as_upstream_writes_it()
    {
        var owner = new Owner("n1", "eth0", "cid1");
        Assert.Equal("43d91f8451058a70-0b65a318f52e521b, net: n1, if: eth0, id: cid1", owner.Comment);
        Assert.Equal(OwnerMark.HashLength, owner.Hash.Length);
        Assert.StartsWith(Owner.NetworkHash("n1"), owner.Hash, StringComparison.Ordinal);
        Assert.Equal(new OwnerMark(owner.Hash, "n1", owner.IfName, owner.ContainerId), OwnerMark.Read(owner.Alias));
        Assert.True(OwnerMark.CreatedAt(owner.Alias) > 0);
        Assert.Equal(128, new Owner("n1", "eth0", new string('x', 300)).Comment.Length);
    }
}
