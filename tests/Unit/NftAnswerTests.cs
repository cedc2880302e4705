using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Nftables;
using CniPlugins.Tests.Support;
using Tmds.Linux;

namespace CniPlugins.Tests.Unit;

/// <summary>What a batch makes of the kernel's answers.</summary>
public sealed class NftAnswerTests
{
    private static readonly Table Table = new(Family.Inet, "t");

    [Fact]
    public void The_last_acknowledgement_is_the_end()
    {
        Assert.Null(Commit(sequences => [FakeKernel.Ack(sequences[3])]));
        Assert.Null(Commit(sequences => [FakeKernel.Ack(sequences[0] - 1, Errno.EINVAL), FakeKernel.Ack(sequences[3])]));
    }

    [Theory]
    [InlineData(nameof(Errno.EPERM), "operation not permitted")]
    [InlineData(nameof(Errno.ERESTART), "interrupted system call should be restarted")]
    public void A_refusal_of_the_whole_comes_once_and_is_not_waited_for_again(string name, string words)
    {
        var errno = Enum.Parse<Errno>(name);
        var e = Commit(sequences => [FakeKernel.Ack(sequences[0], errno)]);
        Assert.Equal(errno, e?.Errno);
        Assert.Equal($"add table inet t and 2 more changes: {words}", e?.Message);
    }

    [Fact]
    public void A_refusal_after_the_last_change_was_accepted_is_one_of_the_whole()
    {
        // A commit that fails: the kernel answers for the whole first, then what it had noted of the changes.
        var e = Commit(sequences => [FakeKernel.Ack(sequences[0], (Errno)LibC.EMLINK), FakeKernel.Ack(sequences[3])]);
        Assert.Equal((Errno)LibC.EMLINK, e?.Errno);
    }

    [Fact]
    public void The_first_of_several_refusals_is_the_exception_with_the_words_of_its_change()
    {
        var e = Commit(sequences =>
            [FakeKernel.Ack(sequences[2], Errno.ENOENT, "no table"), FakeKernel.Ack(sequences[3], Errno.EEXIST)]);
        Assert.Equal("add chain inet t c: no such file or directory", e?.Message);
        Assert.Equal("no table", e?.Hint);
    }

    [Fact]
    public void Silence_is_an_error()
    {
        Assert.Equal(Errno.ETIMEDOUT, Commit(_ => [])?.Errno);
    }

    [Fact]
    public void An_old_kernel_does_not_say_which_element_it_was()
    {
        var set = new Set(Table, "s", DataType.InetService);
        var elements = from port in (ushort[])[80, 443] select new Element(set, new Datum(Value.Port(port)));
        var e = Commit(sequences => [FakeKernel.Ack(sequences[1], Errno.EEXIST)], new Batch().Create([.. elements]));
        Assert.Equal("create element inet t s { 80 } (or one of 1 more): file exists", e?.Message);
    }

    [Fact]
    public void Absent_elements_are_skipped_and_another_error_ends_the_search()
    {
        var set = new Set(Table, "s", DataType.InetService);
        Element[] keys = [new(set, new Datum(Value.Port(80))), new(set, new Datum(Value.Port(443)))];
        Assert.Empty(Find(sequences => sequences.Select(sequence => FakeKernel.Ack(sequence, Errno.ENOENT))));
        var e = Assert.Throws<NetlinkException>(() => Find(sequences => [FakeKernel.Ack(sequences[0], Errno.EPERM)]));
        Assert.Equal("look up element inet t s { 80 }: operation not permitted", e.Message);

        IReadOnlyList<Element> Find(Func<uint[], IEnumerable<byte[]>> answer)
        {
            using var socket = new NftSocket(new NetlinkSocket(new FakeKernel(request => answer([.. FakeKernel.Sequences(request)]))));
            return socket.Find(keys);
        }
    }

    /// <summary>Commits three changes; the answers are made of the sequence numbers of begin, changes and end.</summary>
    private static NetlinkException? Commit(Func<uint[], IEnumerable<byte[]>> answer, Batch? batch = null)
    {
        using var socket = new NftSocket(new NetlinkSocket(new FakeKernel(request => answer([.. FakeKernel.Sequences(request)]))));
        batch ??= new Batch().Ensure(Table).Ensure(new Chain(Table, "c")).Ensure(new Set(Table, "s", DataType.Ipv4Addr));
        return (NetlinkException?)Record.Exception(() => socket.Commit(batch));
    }
}
