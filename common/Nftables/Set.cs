using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>set inet TABLE NAME { type ipv4_addr . inet_service }: a plain hash of keys without a size; with data, a map.</summary>
internal sealed record Set(Table Table, string Name, params IReadOnlyList<DataType> Key)
{
    /// <summary>The type of what keys lead to: map … { type ipv4_addr : ipv4_addr . inet_service }; null makes it a set.</summary>
    public IReadOnlyList<DataType>? Data { get; init; }

    /// <summary>Sets are the same when their names are: a name is all that the kernel knows them by.</summary>
    public bool Equals(Set? other) => other is not null && Table == other.Table && Name == other.Name;

    public override int GetHashCode() => HashCode.Combine(Table, Name);

    public override string ToString() => $"{(Data is null ? "set" : "map")} {Path}";

    internal string Path => $"{Table.Path} {Name}";

    /// <summary>What the kernel tells about a set; null when its types have no names here or are not what its lengths say.</summary>
    internal static Set? Read(NetlinkReply reply, Table table)
    {
        var (name, keyType, keyLength, dataType) = ("", 0u, 0u, (uint?)null);
        foreach (var attribute in reply.Attributes<NFTA_SET, nfgenmsg>())
        {
            switch (attribute.Type)
            {
                case NFTA_SET.NAME:
                    name = attribute.String;
                    break;
                case NFTA_SET.KEY_TYPE:
                    keyType = attribute.UInt32Net;
                    break;
                case NFTA_SET.KEY_LEN:
                    keyLength = attribute.UInt32Net;
                    break;
                case NFTA_SET.DATA_TYPE:
                    dataType = attribute.UInt32Net;
                    break;
            }
        }

        var key = DataTypes.FromNumber(keyType);
        var data = dataType is { } number ? DataTypes.FromNumber(number) : null;
        return key is null || key.Length() != keyLength || (dataType is not null && data is null) ? null : new Set(table, name, key) { Data = data };
    }
}
