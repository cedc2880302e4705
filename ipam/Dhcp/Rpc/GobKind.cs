namespace CniPlugins.Ipam.Dhcp.Rpc;

/// <summary>What a gob type is made of; the numbers of the simple ones are their ids on the wire (encoding/gob type.go).</summary>
internal enum GobKind
{
    None = 0,
    Bool = 1,
    Int = 2,
    UInt = 3,
    Float = 4,
    Bytes = 5,
    String = 6,
    Complex = 7,
    Slice = 8,
    Struct = 9,
    Map = 10,
}
