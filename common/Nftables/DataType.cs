namespace CniPlugins.Nftables;

/// <summary>What a part of a key is. The numbers are nft's own, which the kernel only keeps; nft lists hexadecimal without them.</summary>
internal enum DataType
{
    Ipv4Addr = 7,
    Ipv6Addr = 8,
    EtherAddr = 9,
    InetProto = 12,
    InetService = 13,
    Mark = 19,
    IfName = 41,
}

/// <summary>Widths and byte orders, of types alone and side by side.</summary>
internal static class DataTypes
{
    // Six bits each, the last part lowest (nft's concat_subtype_add).
    private const int NumberBits = 6;

    public static int Size(this DataType type) => type switch
    {
        DataType.InetProto => 1,
        DataType.InetService => 2,
        DataType.EtherAddr => 6,
        DataType.Ipv6Addr or DataType.IfName => 16,
        _ => 4,
    };

    public static string Word(this DataType type) => type switch
    {
        DataType.Ipv4Addr => "ipv4_addr",
        DataType.Ipv6Addr => "ipv6_addr",
        DataType.EtherAddr => "ether_addr",
        DataType.InetProto => "inet_proto",
        DataType.InetService => "inet_service",
        DataType.Mark => "mark",
        _ => "ifname",
    };

    /// <summary>Numbers of this machine's own making, in its byte order; all others are in the network's.</summary>
    public static bool IsHostOrder(this DataType type) => type is DataType.Mark;

    /// <summary>The width of a key or datum: one type as it is, several each padded to whole registers.</summary>
    public static int Length(this IReadOnlyList<DataType> types) =>
        types.Count == 1 ? types[0].Size() : types.Sum(type => Padded(type.Size()));

    public static int Padded(int size) => (size + 3) & ~3;

    /// <summary>NFTA_SET_KEY_TYPE, NFTA_SET_DATA_TYPE.</summary>
    public static uint Number(this IReadOnlyList<DataType> types) =>
        types.Aggregate(0u, (number, type) => (number << NumberBits) | (uint)type);

    /// <summary>The types a number stands for; null when this floor does not know one of them.</summary>
    public static IReadOnlyList<DataType>? FromNumber(uint number)
    {
        var types = new List<DataType>();
        for (; number != 0; number >>= NumberBits)
        {
            var type = (DataType)(number & ((1 << NumberBits) - 1));
            if (!Enum.IsDefined(type))
                return null;
            types.Insert(0, type);
        }

        return types.Count == 0 ? null : types;
    }
}
