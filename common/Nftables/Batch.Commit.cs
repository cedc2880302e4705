using System.Runtime.InteropServices;
using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;

namespace CniPlugins.Nftables;

/// <summary>Sending it, and understanding the answer.</summary>
internal sealed partial class Batch
{
    /// <summary>
    /// Makes the changes, or throws for the first that was refused and has made none. With a generation, ERESTART says that
    /// the ruleset is another by now.
    /// </summary>
    internal void Commit(NetlinkSocket socket, uint? generation)
    {
        if (IsEmpty)
            return;

        Span<byte> envelope = stackalloc byte[64];
        var begin = NftMessage.Create(envelope[..32], NFNL_MSG.BATCH_BEGIN);
        if (generation is { } id)
            begin.Attributes<NFNL_BATCH>().PutNet(NFNL_BATCH.GENID, id);
        var end = NftMessage.Create(envelope[32..], NFNL_MSG.BATCH_END);

        // Of the changes only the last is acknowledged; a refusal of any is reported without being asked for.
        var whole = socket.Stamp(begin);
        foreach (var step in _steps)
            HeaderAt(step.Start).nlmsg_seq = socket.NextSequence();
        HeaderAt(_steps[^1].Start).nlmsg_flags |= NLM_F.ACK;
        socket.Stamp(end);

        byte[] bytes = [.. begin.Bytes, .. _bytes.AsSpan(0, _length), .. end.Bytes];
        socket.Reserve(bytes.Length, _steps.Count + 1);
        socket.Send(bytes, WholeWords);
        Receive(socket, whole);
    }

    /// <summary>
    /// What concerns no single change (EPERM, ERESTART, a loop of jumps) is answered once, with the sequence number of the batch's
    /// begin; otherwise the last change has an answer, after those of the refused ones before it.
    /// </summary>
    private void Receive(NetlinkSocket socket, uint whole)
    {
        NetlinkAck? refused = null;
        while (true)
        {
            var ack = socket.ReceiveAck(WholeWords);
            var index = ack.Sequence - whole;
            if (index > _steps.Count)
                continue; // of an earlier request
            if (ack.Errno != Errno.None)
                refused ??= ack;
            if (index == 0 || index == _steps.Count)
                break;
        }

        if (refused is { } failure)
            failure.ThrowIfFailed(failure.Sequence == whole ? WholeWords : _steps[(int)(failure.Sequence - whole) - 1].Words(failure.Offset));
    }

    private string WholeWords => _steps.Count == 1 ? _steps[0].Words(0) : $"{_steps[0].Words(0)} and {_steps.Count - 1} more changes";

    private ref nlmsghdr HeaderAt(int start) => ref MemoryMarshal.AsRef<nlmsghdr>(_bytes.AsSpan(start));
}
