using System.Text;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Editing;
using CniPlugins.Ipam.Blocks.EtcdForm;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.Blocks.Pools;
using CniPlugins.Net;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Unit;

/// <summary>What happens inside one block, against upstream's traces.</summary>
public sealed class BlocksDraftTests
{
    private static readonly StoppedClock Clock = new();

    [Theory]
    [InlineData("10.0.0.64/30", 3, "10.0.0.67")]
    [InlineData("10.0.128.0/17", 257, "10.0.129.1")]
    [InlineData("fd80:24e2:f998:72d6::40/122", 63, "fd80:24e2:f998:72d6::7f")]
    public void An_ordinal_is_counted_from_the_first_address(string cidr, int ordinal, string address)
    {
        var block = NewBlock.For(Cidr.Parse(cidr), BlockOwner.Host("n"), Clock);
        Assert.Equal(address, block.AddressOf(ordinal).ToString());
        Assert.Equal(ordinal, block.OrdinalOf(IpAddress.Parse(address)));
        Assert.Null(block.OrdinalOf(IpAddress.Parse("1.1.1.1")));
    }

    [Fact]
    public void The_trace_of_a_small_block_is_upstreams()
    {
        var block = Fresh("10.0.0.0/30", 1000);
        Expect(block, "[null,null,null,null]", "[0,1,2,3]", "[]", 1000, "{}");
        block = Assign(block, 1, "h1", [0]);
        Expect(block, "[0,null,null,null]", "[1,2,3]", """[{"handle_id":"h1"}]""", 1001, """{"0":1000}""");
        block = Assign(block, 1, "h2", [1]);
        Expect(block, "[0,1,null,null]", "[2,3]", """[{"handle_id":"h1"},{"handle_id":"h2"}]""", 1002, """{"0":1000,"1":1001}""");
        block = ReleaseHandle(block, "h1", 1);
        Expect(block, "[null,0,null,null]", "[2,3,0]", """[{"handle_id":"h2"}]""", 1003, """{"1":1001}""");
        block = Assign(block, 2, "h3", [2, 3]);
        Expect(block, "[null,0,1,1]", "[0]", """[{"handle_id":"h2"},{"handle_id":"h3"}]""", 1004, """{"1":1001,"2":1003,"3":1003}""");
        block = Assign(block, 1, "h4", [0]);
        Expect(block, "[2,0,1,1]", "[]", """[{"handle_id":"h2"},{"handle_id":"h3"},{"handle_id":"h4"}]""", 1005, """{"0":1004,"1":1001,"2":1003,"3":1003}""");
        block = ReleaseHandle(block, "h3", 2);
        Expect(block, "[1,0,null,null]", "[2,3]", """[{"handle_id":"h2"},{"handle_id":"h4"}]""", 1006, """{"0":1004,"1":1001}""");
        var exact = new BlockDraft(block, Clock.Now, 0);
        exact.AssignExactly(3, new Attribution("h5"));
        block = exact.ToBlock();
        Expect(block, "[1,0,null,2]", "[2]", """[{"handle_id":"h2"},{"handle_id":"h4"},{"handle_id":"h5"}]""", 1007, """{"0":1004,"1":1001,"3":1006}""");
        var release = new BlockDraft(block, Clock.Now, 0);
        release.Release([1]);
        block = release.ToBlock();
        Expect(block, "[0,null,null,1]", "[2,1]", """[{"handle_id":"h4"},{"handle_id":"h5"}]""", 1008, """{"0":1004,"3":1006}""");
        block = Assign(block, 1, "h4", [2]);
        Expect(block, "[0,null,0,1]", "[1]", """[{"handle_id":"h4"},{"handle_id":"h5"}]""", 1009, """{"0":1004,"2":1008,"3":1006}""");
    }

    [Fact]
    public void Reserved_ordinals_are_passed_over_and_keep_their_turn()
    {
        var draft = new BlockDraft(Fresh("10.0.0.0/30", 2000), Clock.Now, 0);
        Assert.Equal([2], draft.Assign(1, new Attribution("h1"), new ReservedRanges(["10.0.0.0/31"])));
        Expect(draft.ToBlock(), "[null,null,0,null]", "[0,1,3]", """[{"handle_id":"h1"}]""", 2001, """{"2":2000}""");
    }

    [Fact]
    public void A_block_is_empty_when_only_Windows_own_ordinals_are_taken()
    {
        var draft = new BlockDraft(Fresh("100.64.0.0/24", 1), Clock.Now, 0);
        Assert.True(draft.IsEmpty);
        draft.AssignExactly(255, new Attribution("Windows-Reserved-IPAM-handle"));
        Assert.True(draft.IsEmpty);
        draft.AssignExactly(32, new Attribution("alloc"));
        Assert.False(draft.IsEmpty);
    }

    [Fact]
    public void Free_addresses_are_counted_without_reserved_ones()
    {
        var draft = new BlockDraft(Fresh("100.64.0.0/24", 1), Clock.Now, 0);
        draft.AssignExactly(10, new Attribution("a"));
        draft.AssignExactly(20, new Attribution("a"));
        Assert.Equal(254, draft.CountFree(ReservedRanges.None));
        draft.AssignExactly(210, new Attribution("a"));
        draft.AssignExactly(220, new Attribution("a"));
        Assert.Equal(126, draft.CountFree(new ReservedRanges(["100.64.0.128/25"])));
        Assert.Equal(0, draft.CountFree(new ReservedRanges(["100.64.0.0/24"])));
        Assert.Equal([10, 20, 210, 220], draft.OrdinalsOf("a"));
        Assert.Empty(draft.OrdinalsOf("b"));
    }

    [Fact]
    public void Rested_addresses_are_collected_when_the_block_is_looked_at()
    {
        var resting = new Attribution(null) { ReleasedAt = Clock.Now.AddSeconds(-60) };
        var tooNew = new Attribution(null) { ReleasedAt = Clock.Now.AddSeconds(60) };
        var draft = new BlockDraft(Fresh("100.64.0.0/24", 1), Clock.Now, int.MaxValue);
        foreach (var (ordinal, owner) in new[] { (31, resting), (33, resting), (42, tooNew), (44, tooNew), (52, new Attribution("live")), (54, new Attribution("live")) })
            draft.AssignExactly(ordinal, owner);
        var block = draft.ToBlock();
        var collected = new BlockDraft(block, Clock.Now, 30);
        Assert.True(collected.IsChanged);
        Assert.Equal(252, collected.CountFree(ReservedRanges.None));
        Assert.Equal([31, 33], collected.ToBlock().Unallocated[^2..]);
        Assert.Null(collected.OwnerOf(42));
        Assert.False(collected.IsFree(42));
        Assert.False(new BlockDraft(block, Clock.Now, 100_000).IsChanged);
        Assert.Equal(254, new BlockDraft(block, Clock.Now, 0).CountFree(ReservedRanges.None));
    }

    [Fact]
    public void A_released_address_rests_as_long_as_the_settings_say()
    {
        var draft = new BlockDraft(Assign(Fresh("10.0.0.0/30", 1), 1, "h", [0]), Clock.Now, 30);
        draft.Release([0]);
        var block = draft.ToBlock();
        Assert.Null(new BlockDraft(block, Clock.Now, 30).OwnerOf(0));
        Assert.Equal(3, new BlockDraft(block, Clock.Now.AddSeconds(30), 30).CountFree(ReservedRanges.None));
        Assert.Equal(4, new BlockDraft(block, Clock.Now.AddSeconds(31), 30).CountFree(ReservedRanges.None));
        Assert.False(new BlockDraft(block, Clock.Now, 30).IsEmpty);
    }

    [Fact]
    public void A_Windows_node_keeps_ordinals_of_the_blocks_it_claims()
    {
        var block = NewBlock.For(Cidr.Parse("10.0.0.0/30"), BlockOwner.Host("n"), Clock, new ReservedOrdinals(2, 1, new Attribution(Attribution.WindowsReserved)));
        var draft = new BlockDraft(block, Clock.Now, 0);
        Assert.Equal([2], draft.Assign(5, new Attribution("h"), ReservedRanges.None));
        Assert.Equal(0, draft.CountFree(ReservedRanges.None));
    }

    [Fact]
    public void A_handle_ends_where_an_old_defect_began()
    {
        var draft = new BlockDraft(Assign(Fresh("10.0.0.0/30", 1), 1, "h1\r\njunk", [0]), Clock.Now, 0);
        Assert.Equal([0], draft.OrdinalsOf("h1"));
    }

    private static Block Fresh(string cidr, ulong number) =>
        NewBlock.For(Cidr.Parse(cidr), BlockOwner.Host("node-a"), Clock) with { SequenceNumber = number };

    private static Block Assign(Block block, int count, string handle, int[] expected)
    {
        var draft = new BlockDraft(block, Clock.Now, 0);
        Assert.Equal(expected, draft.Assign(count, new Attribution(handle), ReservedRanges.None));
        return draft.ToBlock();
    }

    private static Block ReleaseHandle(Block block, string handle, int count)
    {
        var draft = new BlockDraft(block, Clock.Now, 0);
        var ordinals = draft.OrdinalsOf(handle);
        Assert.Equal(count, ordinals.Count);
        draft.Release(ordinals);
        return draft.ToBlock();
    }

    private static void Expect(Block block, string allocations, string unallocated, string attributes, ulong number, string numbers)
    {
        Assert.Null(block.Fault());
        Assert.Equal(
            $$"""{"cidr":"{{block.Cidr}}","affinity":"host:node-a","affinity_claim_time":"2026-07-01T10:00:00Z","allocations":{{allocations}},"unallocated":{{unallocated}},"attributes":{{attributes}},"sequenceNumber":{{number}},"sequenceNumberForAllocation":{{numbers}},"deleted":false}""",
            Encoding.UTF8.GetString(EtcdJson.Write(block)));
    }
}
