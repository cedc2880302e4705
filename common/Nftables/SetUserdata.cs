namespace CniPlugins.Nftables;

/// <summary>What nft notes about a set for its own listing, and we as nft does (libnftnl/udata.h, set_key_udata in its mnl.c).</summary>
internal static class SetUserdata
{
    private const byte KeyByteOrder = 0;
    private const byte DataByteOrder = 1;
    private const byte DataInterval = 6;

    // enum byteorder of nft's datatype.h; several values side by side have none.
    private const byte Invalid = 0;
    private const byte HostEndian = 1;
    private const byte BigEndian = 2;

    public static byte[] Write(Set set) => set.Data is { } data
        ? [.. Number(KeyByteOrder, OrderOf(set.Key)), .. Number(DataByteOrder, OrderOf(data)), .. Number(DataInterval, 0)]
        : Number(KeyByteOrder, OrderOf(set.Key));

    private static byte OrderOf(IReadOnlyList<DataType> types) => types switch
    {
        { Count: > 1 } => Invalid,
        [DataType.Mark or DataType.IfName] => HostEndian,
        _ => BigEndian,
    };

    private static byte[] Number(byte type, uint value) => [type, sizeof(uint), .. BitConverter.GetBytes(value)];
}
