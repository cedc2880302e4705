using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>Writes the expressions of one rule; registers, and what the rule already knows of its packets, never leave this type.</summary>
/// <remarks>
/// What is loaded goes side by side from the first 32-bit register on, each thing in as many as it needs (the kernel reads NFT_REG_1 and
/// NFT_REG32_00 as the same place); what compares, looks up or rewrites takes all of it, and the next load begins at the first again.
/// </remarks>
internal ref struct Expressions(Attributes<NFTA_LIST> list, Family family)
{
    private const uint FirstRegister = (uint)NFT.REG32_00;
    private const uint VerdictRegister = (uint)NFT.REG_VERDICT;
    private const ushort EthernetDevice = 1; // ARPHRD_ETHER

    private readonly Attributes<NFTA_LIST> _list = list;
    private readonly Family _family = family;
    private uint _next = FirstRegister;
    private uint _last = FirstRegister;
    private bool? _isV6 = family switch { Family.Ip => false, Family.Ip6 => true, _ => null };
    private Protocol? _protocol;
    private bool _isEthernet = family is Family.Bridge;

    /// <summary>meta nfproto ipv4, in family bridge ether type ip; nft does not print what a following field implies.</summary>
    public void RequireNetwork(bool isV6)
    {
        if (_isV6 == isV6)
            return;
        if (_family is Family.Bridge)
        {
            LoadMeta(NFT_META.PROTOCOL, sizeof(ushort));
            Compare(NFT_CMP.EQ, isV6 ? [0x86, 0xdd] : [0x08, 0x00]); // ETH_P_IPV6, ETH_P_IP
        }
        else
        {
            LoadMeta(NFT_META.NFPROTO, sizeof(byte));
            Compare(NFT_CMP.EQ, [(byte)(isV6 ? NFPROTO.IPV6 : NFPROTO.IPV4)]);
        }

        _isV6 = isV6;
    }

    /// <summary>meta l4proto tcp, once.</summary>
    public void RequireTransport(Protocol protocol)
    {
        if (_protocol == protocol)
            return;
        LoadMeta(NFT_META.L4PROTO, sizeof(byte));
        Compare(NFT_CMP.EQ, [(byte)protocol]);
        _protocol = protocol;
    }

    /// <summary>meta iiftype ether, once; a bridge has no other frames.</summary>
    public void RequireEthernet()
    {
        if (_isEthernet)
            return;
        LoadMeta(NFT_META.IIFTYPE, sizeof(ushort));
        Compare(NFT_CMP.EQ, BitConverter.GetBytes(EthernetDevice));
        _isEthernet = true;
    }

    public void LoadPayload(NFT_PAYLOAD @base, int offset, int length)
    {
        using var payload = Open<NFTA_PAYLOAD>("payload");
        payload.Data.PutNet(NFTA_PAYLOAD.DREG, Take(length));
        payload.Data.PutNet(NFTA_PAYLOAD.BASE, (uint)@base);
        payload.Data.PutNet(NFTA_PAYLOAD.OFFSET, offset);
        payload.Data.PutNet(NFTA_PAYLOAD.LEN, length);
    }

    public void LoadMeta(NFT_META key, int length)
    {
        using var meta = Open<NFTA_META>("meta");
        meta.Data.PutNet(NFTA_META.KEY, (uint)key);
        meta.Data.PutNet(NFTA_META.DREG, Take(length));
    }

    public void LoadConntrack(NFT_CT key)
    {
        using var ct = Open<NFTA_CT>("ct");
        ct.Data.PutNet(NFTA_CT.KEY, (uint)key);
        ct.Data.PutNet(NFTA_CT.DREG, Take(sizeof(uint)));
    }

    public void LoadAddressType(NFTA_FIB flag)
    {
        using var fib = Open<NFTA_FIB>("fib");
        fib.Data.PutNet(NFTA_FIB.FLAGS, (uint)flag);
        fib.Data.PutNet(NFTA_FIB.RESULT, (uint)NFT_FIB_RESULT.ADDRTYPE);
        fib.Data.PutNet(NFTA_FIB.DREG, Take(sizeof(uint)));
    }

    public void LoadConstant(scoped ReadOnlySpan<byte> value)
    {
        using var immediate = Open<NFTA_IMMEDIATE>("immediate");
        immediate.Data.PutNet(NFTA_IMMEDIATE.DREG, Take(value.Length));
        using var data = immediate.Data.Nest<NFTA_DATA>(NFTA_IMMEDIATE.DATA);
        data.Put(NFTA_DATA.VALUE, value);
    }

    /// <summary>What was loaded last becomes (it &amp; mask) ^ xor.</summary>
    public readonly void Mask(scoped ReadOnlySpan<byte> mask, scoped ReadOnlySpan<byte> xor = default)
    {
        using var bitwise = Open<NFTA_BITWISE>("bitwise");
        bitwise.Data.PutNet(NFTA_BITWISE.SREG, _last);
        bitwise.Data.PutNet(NFTA_BITWISE.DREG, _last);
        bitwise.Data.PutNet(NFTA_BITWISE.LEN, mask.Length);
        using (var data = bitwise.Data.Nest<NFTA_DATA>(NFTA_BITWISE.MASK))
            data.Put(NFTA_DATA.VALUE, mask);
        using (var data = bitwise.Data.Nest<NFTA_DATA>(NFTA_BITWISE.XOR))
            xor.CopyTo(data.Reserve(NFTA_DATA.VALUE, mask.Length));
    }

    public void Compare(NFT_CMP comparison, scoped ReadOnlySpan<byte> value)
    {
        using var cmp = Open<NFTA_CMP>("cmp");
        cmp.Data.PutNet(NFTA_CMP.SREG, FirstRegister);
        cmp.Data.PutNet(NFTA_CMP.OP, (uint)comparison);
        using (var data = cmp.Data.Nest<NFTA_DATA>(NFTA_CMP.DATA))
            data.Put(NFTA_DATA.VALUE, value);
        _next = FirstRegister;
    }

    /// <summary>Goes on when the set has the key, or when it has not.</summary>
    public void LookUp(string set, bool inverted)
    {
        using var lookup = Open<NFTA_LOOKUP>("lookup");
        lookup.Data.Put(NFTA_LOOKUP.SET, set);
        lookup.Data.PutNet(NFTA_LOOKUP.SREG, FirstRegister);
        if (inverted)
            lookup.Data.PutNet(NFTA_LOOKUP.FLAGS, (uint)NFT_LOOKUP.F_INV);
        _next = FirstRegister;
    }

    /// <summary>Goes on with the map's data in the key's place, or not at all.</summary>
    public void LookUpData(string map)
    {
        using var lookup = Open<NFTA_LOOKUP>("lookup");
        lookup.Data.Put(NFTA_LOOKUP.SET, map);
        lookup.Data.PutNet(NFTA_LOOKUP.SREG, FirstRegister);
        lookup.Data.PutNet(NFTA_LOOKUP.DREG, FirstRegister);
        _next = FirstRegister;
    }

    public void SetMeta(NFT_META key)
    {
        using var meta = Open<NFTA_META>("meta");
        meta.Data.PutNet(NFTA_META.KEY, (uint)key);
        meta.Data.PutNet(NFTA_META.SREG, FirstRegister);
        _next = FirstRegister;
    }

    /// <summary>Rewrites to the address that is loaded, and to the port behind it.</summary>
    public void DestinationNat(bool isV6, bool withPort)
    {
        using var nat = Open<NFTA_NAT>("nat");
        nat.Data.PutNet(NFTA_NAT.TYPE, (uint)NFT_NAT.DNAT);
        nat.Data.PutNet(NFTA_NAT.FAMILY, (uint)(isV6 ? NFPROTO.IPV6 : NFPROTO.IPV4));
        nat.Data.PutNet(NFTA_NAT.REG_ADDR_MIN, FirstRegister);
        if (withPort)
            nat.Data.PutNet(NFTA_NAT.REG_PROTO_MIN, FirstRegister + (isV6 ? 4u : 1u));
        _next = FirstRegister;
    }

    public readonly void Masquerade()
    {
        using var masquerade = Open<NFTA_MASQ>("masq");
    }

    public readonly void Decide(Verdict verdict)
    {
        using var immediate = Open<NFTA_IMMEDIATE>("immediate");
        immediate.Data.PutNet(NFTA_IMMEDIATE.DREG, VerdictRegister);
        using var data = immediate.Data.Nest<NFTA_DATA>(NFTA_IMMEDIATE.DATA);
        using var nest = data.Nest<NFTA_VERDICT>(NFTA_DATA.VERDICT);
        nest.PutNet(NFTA_VERDICT.CODE, verdict.Code);
        if (verdict.Chain is { } chain)
            nest.Put(NFTA_VERDICT.CHAIN, chain);
    }

    /// <summary>The registers for so many bytes.</summary>
    private uint Take(int length)
    {
        _last = _next;
        _next += (uint)DataTypes.Padded(length) / sizeof(uint);
        return _last;
    }

    private readonly Expression<TAttr> Open<TAttr>(string name)
        where TAttr : unmanaged, Enum =>
        new(_list.Nest<NFTA_EXPR>(NFTA_LIST.ELEM), name);

    /// <summary>One expression: its name, and its own attributes in a nest inside.</summary>
    private readonly ref struct Expression<TAttr>
        where TAttr : unmanaged, Enum
    {
        private readonly Attributes<NFTA_EXPR> _element;

        public Expression(Attributes<NFTA_EXPR> element, string name)
        {
            _element = element;
            _element.Put(NFTA_EXPR.NAME, name);
            Data = _element.Nest<TAttr>(NFTA_EXPR.DATA);
        }

        public Attributes<TAttr> Data { get; }

        public void Dispose()
        {
            Data.Dispose();
            _element.Dispose();
        }
    }
}
