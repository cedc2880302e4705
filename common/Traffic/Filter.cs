using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Traffic.Uapi;

namespace CniPlugins.Traffic;

/// <summary>A filter on what comes in by a link, as the kernel lists it.</summary>
/// <param name="RedirectTo">The link that packets are led to, 0 when that is gone; null when the filter leads nowhere.</param>
internal sealed record Filter(int? RedirectTo)
{
    private const string Mirred = "mirred";
    private const uint FirstPriority = 1 << 16;
    private const uint FirstClass = 0x0001_0001;

    /// <summary>The place of an action in its filter's list, which is the type of its attribute.</summary>
    private enum Order : ushort
    {
        First = 1,
        Second = 2,
    }

    /// <summary>tc filter add dev … parent ffff: prio 1 protocol all u32 match u32 0 0 flowid 1:1 action mirred egress redirect dev TARGET.</summary>
    /// <remarks>Upstream sends a second, unreachable redirect; so it is here, and nobody sees whose filter it is.</remarks>
    internal static NetlinkMessage RedirectRequest(Span<byte> buffer, int link, int target)
    {
        var protocol = BinaryPrimitives.ReverseEndianness((ushort)ETH_P.ALL);
        var message = NetlinkMessage.Create(buffer, RTM.NEWTFILTER, NLM_F.CREATE | NLM_F.EXCL, new tcmsg
        {
            tcm_ifindex = link,
            tcm_parent = Qdisc.IngressHandle,
            tcm_info = FirstPriority | (BitConverter.IsLittleEndian ? protocol : (uint)ETH_P.ALL),
        });
        var filter = message.Attributes<TCA>();
        filter.Put(TCA.KIND, "u32");
        using var options = filter.Nest<TCA_U32>(TCA.OPTIONS);
        var selector = options.Reserve(TCA_U32.SEL, Unsafe.SizeOf<tc_u32_sel>() + Unsafe.SizeOf<tc_u32_key>());
        MemoryMarshal.Write(selector, new tc_u32_sel { flags = TC_U32.TERMINAL, nkeys = 1 }); // a key of zeros fits everything
        options.Put(TCA_U32.CLASSID, FirstClass);
        using var actions = options.Nest<Order>(TCA_U32.ACT);
        WriteRedirect(actions, Order.First, TC_ACT.STOLEN, target);
        WriteRedirect(actions, Order.Second, TC_ACT.OK, target);
        return message;
    }

    /// <summary>Adds the filter in RTM_NEWTFILTER; the hash tables of u32 are listed among filters and are none.</summary>
    internal static void Read(NetlinkReply reply, List<Filter> into)
    {
        var (kind, isRule, target) = ("", false, default(int?));
        foreach (var attribute in reply.Attributes<TCA, tcmsg>())
        {
            if (attribute.Type == TCA.KIND)
                kind = attribute.String;
            else if (attribute.Type == TCA.OPTIONS && kind == "u32")
                ReadU32(attribute.Nested<TCA_U32>(), ref isRule, ref target);
            else if (attribute.Type == TCA.OPTIONS)
                (isRule, target) = (true, kind == "matchall" ? ReadMatchAll(attribute.Nested<TCA_MATCHALL>()) : null);
        }

        if (isRule)
            into.Add(new Filter(target));
    }

    private static void WriteRedirect(Attributes<Order> actions, Order order, TC_ACT then, int target)
    {
        using var action = actions.Nest<TCA_ACT>(order);
        action.Put(TCA_ACT.KIND, Mirred);
        using var options = action.Nest<TCA_MIRRED>(TCA_ACT.OPTIONS);
        options.PutValue(TCA_MIRRED.PARMS, new tc_mirred { action = then, eaction = TCA_EGRESS.REDIR, ifindex = target });
    }

    private static void ReadU32(AttributeReader<TCA_U32> options, ref bool isRule, ref int? target)
    {
        foreach (var attribute in options)
        {
            if (attribute.Type == TCA_U32.SEL)
                isRule = true;
            else if (attribute.Type == TCA_U32.ACT)
                target = ReadTarget(attribute.Nested<Order>());
        }
    }

    private static int? ReadMatchAll(AttributeReader<TCA_MATCHALL> options)
    {
        foreach (var attribute in options)
        {
            if (attribute.Type == TCA_MATCHALL.ACT)
                return ReadTarget(attribute.Nested<Order>());
        }

        return null;
    }

    /// <summary>Where the first of a filter's actions leads.</summary>
    private static int? ReadTarget(AttributeReader<Order> actions)
    {
        foreach (var action in actions)
        {
            var kind = "";
            foreach (var attribute in action.Nested<TCA_ACT>())
            {
                if (attribute.Type == TCA_ACT.KIND)
                    kind = attribute.String;
                else if (attribute.Type == TCA_ACT.OPTIONS && kind == Mirred)
                    return ReadRedirect(attribute.Nested<TCA_MIRRED>());
            }
        }

        return null;
    }

    private static int? ReadRedirect(AttributeReader<TCA_MIRRED> options)
    {
        foreach (var attribute in options)
        {
            if (attribute.Type == TCA_MIRRED.PARMS && attribute.Value<tc_mirred>() is { eaction: TCA_EGRESS.REDIR } redirect)
                return redirect.ifindex;
        }

        return null;
    }
}
