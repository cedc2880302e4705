using CniPlugins.Netlink;
using CniPlugins.Traffic.Uapi;

namespace CniPlugins.Traffic;

/// <summary>The numbers of a token bucket as the kernel keeps them: tc … tbf rate RATE burst BUFFER limit LIMIT.</summary>
/// <param name="Rate">Bytes in a second.</param>
/// <param name="Limit">Bytes that may wait, those that the bucket is worth among them.</param>
/// <param name="Buffer">What the full bucket is worth, in ticks of <see cref="PacketClock"/>: the time it takes to send that much.</param>
internal readonly record struct TokenBucket(ulong Rate, uint Limit, uint Buffer)
{
    internal const string Kind = "tbf";

    /// <summary>TCA_OPTIONS without rate tables, which the kernel has not needed since 3.8: byte for byte what Go's netlink library sends.</summary>
    internal void Write(Attributes<TCA> qdisc)
    {
        using var options = qdisc.Nest<TCA_TBF>(TCA.OPTIONS);
        options.PutValue(TCA_TBF.PARMS, new tc_tbf_qopt { rate = new tc_ratespec { rate = (uint)Rate }, limit = Limit, buffer = Buffer });
        if (Rate > uint.MaxValue)
            options.Put(TCA_TBF.RATE64, Rate);
    }

    internal static TokenBucket Read(AttributeReader<TCA_TBF> options)
    {
        var bucket = default(TokenBucket);
        ulong? wide = null;
        foreach (var attribute in options)
        {
            switch (attribute.Type)
            {
                case TCA_TBF.PARMS:
                    var parameters = attribute.Value<tc_tbf_qopt>();
                    bucket = new TokenBucket(parameters.rate.rate, parameters.limit, parameters.buffer);
                    break;
                case TCA_TBF.RATE64:
                    wide = attribute.UInt64;
                    break;
            }
        }

        return bucket with { Rate = wide ?? bucket.Rate };
    }
}
