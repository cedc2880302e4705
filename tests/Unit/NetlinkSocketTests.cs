using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Route.Uapi;
using CniPlugins.Tests.Support;
using static CniPlugins.Tests.Support.FakeKernel;

namespace CniPlugins.Tests.Unit;

/// <summary>The conversation with the kernel, with a kernel that says what the real one rarely does.</summary>
public sealed class NetlinkSocketTests
{
    [Fact]
    public void An_acknowledgement_of_another_request_is_not_ours() =>
        Execute(request => [Ack(Sequence(request) + 9, Errno.EPERM), Ack(Sequence(request))]);

    [Fact]
    public void A_reply_to_another_port_is_not_ours() =>
        Execute(request => [Message((ushort)NLMSG.ERROR, Sequence(request), Refusal, port: 1), Ack(Sequence(request))]);

    [Fact]
    public void A_refusal_is_the_callers_words_and_the_cause_with_the_kernels_words_beside()
    {
        var refused = Assert.Throws<NetlinkException>(() => Execute(request => [Ack(Sequence(request), Errno.EEXIST, "Name not unique")]));
        Assert.Equal("create it: file exists", refused.Message);
        Assert.Equal(Errno.EEXIST, refused.Errno);
        Assert.Equal("Name not unique", refused.ExtAck);
    }

    [Fact]
    public void Silence_ends_with_an_error_that_says_what_was_asked()
    {
        var refused = Assert.Throws<NetlinkException>(() => Execute(_ => []));
        Assert.Equal(Errno.ETIMEDOUT, refused.Errno);
        Assert.StartsWith("create it: no answer from the kernel: ", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3)] // less than a header
    [InlineData(17)] // the header promises more
    [InlineData(35)]
    public void A_truncated_reply_is_an_error(int length)
    {
        var refused = Assert.Throws<NetlinkException>(() => Execute(request => [Ack(Sequence(request))[..length]]));
        Assert.Equal(Errno.EBADMSG, refused.Errno);
    }

    [Fact]
    public void Garbage_is_an_error()
    {
        var random = new Random(1);
        for (var i = 0; i < 2000; i++)
        {
            var garbage = new byte[random.Next(1, 80)];
            random.NextBytes(garbage);
            if (i % 2 == 0 && garbage.Length >= 16)
                Message((ushort)(i % 8), 1, [])[..16].CopyTo(garbage, 0);
            if (i % 4 == 0)
                garbage[0] = (byte)garbage.Length;
            Assert.Throws<NetlinkException>(() => Execute(_ => [garbage]));
        }
    }

    [Fact]
    public void A_dump_ends_with_done_and_not_with_a_datagram() =>
        Assert.Equal([1, 2, 3], Dump((request, _) =>
            [[.. Item(request, 1), .. Item(request, 2)], Item(request, 3), Item(request - 1, 9), Done(request)]));

    [Fact]
    public void An_interrupted_dump_is_asked_for_again_and_its_first_half_forgotten() =>
        Assert.Equal([3], Dump((request, attempt) => attempt == 1
            ? [Item(request, 1), Item(request, 2, NLM_F.DUMP_INTR), Done(request)]
            : [Item(request, 3), Done(request)]));

    [Fact]
    public void Only_the_last_message_of_an_interrupted_dump_may_say_so() =>
        Assert.Equal([2], Dump((request, attempt) => [Item(request, attempt), Done(request, attempt == 1 ? NLM_F.DUMP_INTR : 0)]));

    [Fact]
    public void A_dump_that_is_always_interrupted_is_used_after_the_fifth_time() =>
        Assert.Equal([5], Dump((request, attempt) => [Item(request, attempt, NLM_F.DUMP_INTR), Done(request)]));

    [Fact]
    public void A_dump_that_lost_messages_is_read_to_its_end_and_asked_for_again() =>
        Assert.Equal([2], Dump((request, attempt) => [Item(request, attempt), Done(request)], first: Errno.ENOBUFS));

    [Fact]
    public void A_dump_can_fail_at_its_end()
    {
        var refused = Assert.Throws<NetlinkException>(() => Dump((request, _) =>
            [Item(request, 1), Message((ushort)NLMSG.DONE, request, BitConverter.GetBytes(-(int)Errno.ENODEV), NLM_F.MULTI)]));
        Assert.Equal("list them: no such device", refused.Message);
    }

    [Fact]
    public void A_batch_is_one_send_and_names_the_first_change_that_was_refused()
    {
        using var kernel = new FakeKernel(request => Sequences(request).Select(sequence => Ack(sequence, sequence switch
        {
            2 => Errno.EEXIST,
            3 => Errno.ENETUNREACH,
            _ => Errno.None,
        })));
        using var socket = new NetlinkSocket(kernel);
        var refused = Assert.Throws<NetlinkException>(() => Commit(socket, 4));
        Assert.Equal("change 2: file exists", refused.Message);
        Assert.Single(kernel.Requests);

        Commit(socket, 1); // all answers were taken: the next conversation starts clean
    }

    [Fact]
    public void A_long_batch_is_cut_before_its_acknowledgements_could_overflow_the_socket()
    {
        using var kernel = new FakeKernel(request => Sequences(request).Select(sequence => Ack(sequence)));
        using var socket = new NetlinkSocket(kernel);
        Commit(socket, 200);
        Assert.Equal(200, kernel.Requests.Sum(request => Sequences(request).Count()));
        Assert.All(kernel.Requests, request => Assert.InRange(Sequences(request).Count(), 1, 64));
    }

    /// <summary>The payload of an NLMSG_ERROR that says EPERM.</summary>
    private static byte[] Refusal => [0xff, 0xff, 0xff, 0xff, .. new byte[16]];

    private static void Commit(NetlinkSocket socket, int changes)
    {
        var batch = new NetlinkBatch(socket);
        for (var i = 1; i <= changes; i++)
            batch.Add(Request(new byte[64]), $"change {i}");
        batch.Commit();
    }

    private static void Execute(Func<byte[], IEnumerable<byte[]>> kernel)
    {
        using var socket = new NetlinkSocket(new FakeKernel(kernel));
        socket.Execute(Request(stackalloc byte[64]), "create it");
    }

    /// <summary>Dumps from a kernel that is told the sequence number and the how-manieth time it is asked.</summary>
    private static List<int> Dump(Func<uint, int, IEnumerable<byte[]>> kernel, Errno first = Errno.None)
    {
        var attempt = 0;
        using var socket = new NetlinkSocket(new FakeKernel(request => kernel(Sequence(request), ++attempt)) { NextReceive = first });
        return socket.Dump<int>(Request(stackalloc byte[64]), "list them", (reply, into) => into.Add(reply.Header<ifinfomsg>().ifi_index));
    }

    private static NetlinkMessage Request(Span<byte> buffer) => NetlinkMessage.Create(buffer, RTM.GETLINK, 0, new ifinfomsg());

    private static byte[] Item(uint sequence, int index, NLM_F flags = 0) =>
        Message((ushort)RTM.NEWLINK, sequence, [0, 0, 0, 0, (byte)index, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], NLM_F.MULTI | flags);
}
