using System.Runtime.InteropServices;
using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Nftables;
using CniPlugins.Tests.Support;
using Tmds.Linux;

namespace CniPlugins.Tests.Kernel;

/// <summary>All or nothing, and never waiting for an answer that does not come.</summary>
public sealed partial class NftBatchTests
{
    [Fact]
    public void An_empty_batch_is_done()
    {
        using var host = new NftHost();
        host.Socket.Commit(new Batch());
        Assert.True(new Batch().IsEmpty);
        Assert.False(new Batch().Ensure(NftLayout.Table).IsEmpty);
    }

    [Fact]
    public void A_generation_that_has_passed_is_refused_and_nothing_is_changed()
    {
        using var host = new NftHost();
        var generation = host.Socket.Generation();
        host.Socket.Commit(new Batch().Ensure(NftLayout.Table), generation);
        Assert.NotEqual(generation, host.Socket.Generation());

        var e = Assert.Throws<NetlinkException>(() => host.Socket.Commit(new Batch().Ensure(NftLayout.Postrouting), generation));
        Assert.Equal(Errno.ERESTART, e.Errno);
        Assert.Equal("table inet cni_plugins {\n}\n", host.Nft("list ruleset"));
        host.Socket.Commit(new Batch().Ensure(NftLayout.Postrouting), host.Socket.Generation());
    }

    [Fact]
    public void Who_looks_and_decides_looks_again_when_somebody_was_faster()
    {
        using var host = new NftHost();
        var looks = 0;
        host.Socket.Commit(() =>
        {
            if (++looks < 3)
                host.Nft($"add table inet faster{looks}");
            return new Batch().Ensure(NftLayout.Table);
        });
        Assert.Equal(3, looks);
        Assert.True(host.Socket.Has(NftLayout.Table));

        var e = Assert.Throws<NetlinkException>(() => host.Socket.Commit(() =>
        {
            host.Nft($"add table inet faster{++looks}");
            return new Batch().Ensure(NftLayout.Table);
        }));
        Assert.Equal(Errno.ERESTART, e.Errno);
    }

    [Fact]
    public void The_change_that_failed_is_named_and_the_others_are_not_made()
    {
        using var host = new NftHost();
        var missing = new Chain(NftLayout.Table, "missing");
        var e = Assert.Throws<NetlinkException>(() => host.Socket.Commit(NftLayout.Skeleton()
            .Add(missing, [Ip.V4.Source.In(NftLayout.Masq(v6: false)), Nat.Masquerade]).Ensure(new Table(Family.Ip, "after"))));
        Assert.Equal(Errno.ENOENT, e.Errno);
        Assert.Equal("add rule inet cni_plugins missing ip saddr @masq4 masquerade: no such file or directory", e.Message);
        Assert.Equal("", host.Nft("list ruleset"));
        Assert.Throws<NetlinkException>(() => host.Socket.Commit(new Batch().Delete(missing)));
        host.Socket.Commit(NftLayout.Skeleton());
    }

    [Fact]
    public void A_loop_of_jumps_is_refused()
    {
        using var host = new NftHost();
        var (one, two) = (new Chain(NftLayout.Table, "one"), new Chain(NftLayout.Table, "two"));
        host.Socket.Commit(new Batch().Ensure(NftLayout.Table).Ensure(NftLayout.Postrouting).Ensure(one).Ensure(two)
            .Add(NftLayout.Postrouting, [Verdict.Jump(one)]).Add(one, [Verdict.Jump(two)]));
        var e = Assert.Throws<NetlinkException>(() => host.Socket.Commit(new Batch().Add(two, [Verdict.Jump(one)])));
        Assert.Equal((Errno)LibC.EMLINK, e.Errno);
    }

    [Fact]
    public void Without_the_capability_it_is_said_at_once()
    {
        using var host = new NftHost();
        Exception? changing = null;
        Exception? looking = null;
        var thread = new Thread(() =>
        {
            DropCapabilities();
            changing = Record.Exception(() => host.Socket.Commit(NftLayout.Skeleton()));
            looking = Record.Exception(() => host.Socket.Find(NftLayout.Pod("10.1.0.2", 8080, 80, "owner")));
        });
        thread.Start();
        thread.Join();
        Assert.StartsWith("add table inet cni_plugins and ", changing?.Message, StringComparison.Ordinal);
        Assert.Equal(Errno.EPERM, Assert.IsType<NetlinkException>(changing).Errno);
        Assert.Equal(Errno.EPERM, Assert.IsType<NetlinkException>(looking).Errno);
        host.Socket.Commit(NftLayout.Skeleton()); // the socket is still of use
    }

    [Fact]
    public void A_thousand_refusals_are_one_exception()
    {
        using var host = new NftHost();
        var batch = new Batch();
        for (var i = 0; i < 1000; i++)
            batch.Flush(new Chain(NftLayout.Table, $"missing{i}"));
        var e = Assert.Throws<NetlinkException>(() => host.Socket.Commit(batch));
        Assert.Equal("flush chain inet cni_plugins missing0: no such file or directory", e.Message);
        host.Socket.Commit(NftLayout.Skeleton());
    }

    /// <summary>capset(2) is about the calling thread alone.</summary>
    private static unsafe void DropCapabilities()
    {
        var header = stackalloc uint[] { 0x20080522, 0 }; // _LINUX_CAPABILITY_VERSION_3, this thread
        var none = stackalloc uint[6];
        new Span<uint>(none, 6).Clear();
        Assert.Equal(0, capset(header, none));
    }

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int capset(uint* header, uint* data);
}
