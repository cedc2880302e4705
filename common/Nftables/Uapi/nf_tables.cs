// linux/netfilter/nf_tables.h
namespace CniPlugins.Nftables.Uapi;

/// <summary>What ends or moves the walk, then the first of the sixteen 32-bit registers.</summary>
internal enum NFT
{
    JUMP = -3,
    GOTO = -4,
    RETURN = -5,
    REG_VERDICT = 0,
    REG32_00 = 8,
}

internal enum NFT_MSG : byte
{
    NEWTABLE = 0,
    GETTABLE = 1,
    DELTABLE = 2,
    NEWCHAIN = 3,
    GETCHAIN = 4,
    DELCHAIN = 5,
    NEWRULE = 6,
    GETRULE = 7,
    DELRULE = 8,
    NEWSET = 9,
    GETSET = 10,
    DELSET = 11,
    NEWSETELEM = 12,
    GETSETELEM = 13,
    DELSETELEM = 14,
    NEWGEN = 15,
    GETGEN = 16,
}

internal enum NFTA_LIST : ushort
{
    ELEM = 1,
}

internal enum NFTA_HOOK : ushort
{
    HOOKNUM = 1,
    PRIORITY = 2,
}

internal enum NFTA_TABLE : ushort
{
    NAME = 1,
    FLAGS = 2,
    USE = 3,
    HANDLE = 4,
    USERDATA = 6,
}

internal enum NFTA_CHAIN : ushort
{
    TABLE = 1,
    HANDLE = 2,
    NAME = 3,
    HOOK = 4,
    POLICY = 5,
    USE = 6,
    TYPE = 7,
    FLAGS = 10,
    ID = 11,
    USERDATA = 12,
}

internal enum NFTA_RULE : ushort
{
    TABLE = 1,
    CHAIN = 2,
    HANDLE = 3,
    EXPRESSIONS = 4,
    USERDATA = 7,
    ID = 9,
}

[Flags]
internal enum NFT_SET : uint
{
    ANONYMOUS = 0x1,
    CONSTANT = 0x2,
    INTERVAL = 0x4,
    MAP = 0x8,
    CONCAT = 0x80,
}

internal enum NFTA_SET : ushort
{
    TABLE = 1,
    NAME = 2,
    FLAGS = 3,
    KEY_TYPE = 4,
    KEY_LEN = 5,
    DATA_TYPE = 6,
    DATA_LEN = 7,
    DESC = 9,
    ID = 10,
    USERDATA = 13,
    HANDLE = 16,
}

internal enum NFTA_SET_ELEM : ushort
{
    KEY = 1,
    DATA = 2,
    FLAGS = 3,
    USERDATA = 6,
    KEY_END = 10,
}

internal enum NFTA_SET_ELEM_LIST : ushort
{
    TABLE = 1,
    SET = 2,
    ELEMENTS = 3,
    SET_ID = 4,
}

internal enum NFTA_DATA : ushort
{
    VALUE = 1,
    VERDICT = 2,
}

internal enum NFTA_VERDICT : ushort
{
    CODE = 1,
    CHAIN = 2,
}

internal enum NFTA_EXPR : ushort
{
    NAME = 1,
    DATA = 2,
}

internal enum NFTA_IMMEDIATE : ushort
{
    DREG = 1,
    DATA = 2,
}

internal enum NFTA_BITWISE : ushort
{
    SREG = 1,
    DREG = 2,
    LEN = 3,
    MASK = 4,
    XOR = 5,
    OP = 6,
    DATA = 7,
}

internal enum NFT_CMP : uint
{
    EQ = 0,
    NEQ = 1,
}

internal enum NFTA_CMP : ushort
{
    SREG = 1,
    OP = 2,
    DATA = 3,
}

[Flags]
internal enum NFT_LOOKUP : uint
{
    F_INV = 0x1,
}

internal enum NFTA_LOOKUP : ushort
{
    SET = 1,
    SREG = 2,
    DREG = 3,
    SET_ID = 4,
    FLAGS = 5,
}

internal enum NFT_PAYLOAD : uint
{
    LL_HEADER = 0,
    NETWORK_HEADER = 1,
    TRANSPORT_HEADER = 2,
}

internal enum NFTA_PAYLOAD : ushort
{
    DREG = 1,
    BASE = 2,
    OFFSET = 3,
    LEN = 4,
}

internal enum NFT_META : uint
{
    PROTOCOL = 1,
    MARK = 3,
    IIF = 4,
    OIF = 5,
    IIFNAME = 6,
    OIFNAME = 7,
    IIFTYPE = 8,
    OIFTYPE = 9,
    NFPROTO = 15,
    L4PROTO = 16,
}

internal enum NFTA_META : ushort
{
    DREG = 1,
    KEY = 2,
    SREG = 3,
}

internal enum NFT_CT : uint
{
    STATE = 0,
    STATUS = 2,
}

internal enum NFTA_CT : ushort
{
    DREG = 1,
    KEY = 2,
    SREG = 4,
}

internal enum NFT_NAT : uint
{
    SNAT = 0,
    DNAT = 1,
}

internal enum NFTA_NAT : ushort
{
    TYPE = 1,
    FAMILY = 2,
    REG_ADDR_MIN = 3,
    REG_PROTO_MIN = 5,
    FLAGS = 7,
}

internal enum NFTA_MASQ : ushort
{
    FLAGS = 1,
}

internal enum NFTA_GEN : ushort
{
    ID = 1,
}

/// <summary>Attributes, then the bits of the one named FLAGS.</summary>
internal enum NFTA_FIB : ushort
{
    DREG = 1,
    RESULT = 2,
    FLAGS = 3,
    F_SADDR = 1,
    F_DADDR = 2,
}

internal enum NFT_FIB_RESULT : uint
{
    ADDRTYPE = 3,
}
