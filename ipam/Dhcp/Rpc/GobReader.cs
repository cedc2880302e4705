namespace CniPlugins.Ipam.Dhcp.Rpc;

/// <summary>One direction of a gob stream: what a message means depends on the types that earlier ones described.</summary>
internal sealed class GobReader
{
    private const int Deepest = 32;
    private const int MostTypes = 256;

    private readonly Dictionary<int, GobType> _types = [];

    public GobReader()
    {
        foreach (var type in GobWireType.Known)
            _types.Add(type.Id, type);
    }

    /// <summary>
    /// How many bytes the first message of a stream has, with its length in front; null while that cannot be told. Throws for more than the limit.
    /// </summary>
    public static int? LengthOf(ReadOnlySpan<byte> stream, int limit)
    {
        if (stream.IsEmpty || (stream[0] > 0x7f && stream.Length < 1 + 256 - stream[0]))
            return null;
        var reader = new GobBytes(stream);
        var length = reader.ReadUnsigned();
        return length <= (ulong)limit ? stream.Length - reader.Length + (int)length : throw new GobException($"message of {length} bytes");
    }

    /// <summary>Reads a whole message; its struct, or null when it describes a type.</summary>
    public GobStruct? Read(ReadOnlySpan<byte> message)
    {
        var reader = new GobBytes(message);
        _ = reader.ReadUnsigned();
        var id = reader.ReadSigned();
        if (id >= 0)
            return Find(id) is { Kind: GobKind.Struct } type ? ReadStruct(type, ref reader, 0) : throw new GobException($"no struct of type {id}");
        if (-id is < GobWireType.FirstUserId or > int.MaxValue || _types.Count > MostTypes)
            throw new GobException($"bad type {id}");
        var described = GobWireType.Read((int)-id, ReadStruct(GobWireType.Itself, ref reader, 0));
        return _types.TryAdd(described.Id, described) ? null : throw new GobException("duplicate type received");
    }

    private GobStruct ReadStruct(GobType type, ref GobBytes reader, int depth)
    {
        var value = new GobStruct();
        for (var field = -1L; ;)
        {
            var delta = reader.ReadUnsigned();
            if (delta == 0)
                return value;
            field = delta < 1 << 16 ? field + (long)delta : long.MaxValue;
            if (field >= type.Fields.Count)
                throw new GobException("unknown field");
            value.Set(type.Fields[(int)field].Name, ReadValue(Find(type.Fields[(int)field].TypeId), ref reader, depth + 1));
        }
    }

    private object ReadValue(GobType type, ref GobBytes reader, int depth)
    {
        if (depth > Deepest)
            throw new GobException("too deep");
        switch (type.Kind)
        {
            case GobKind.Int:
                return reader.ReadSigned();
            case GobKind.Bool or GobKind.UInt or GobKind.Float:
                return reader.ReadUnsigned();
            case GobKind.Complex:
                reader.ReadUnsigned();
                return reader.ReadUnsigned();
            case GobKind.Bytes or GobKind.String:
                return reader.ReadBytes().ToArray();
            case GobKind.Struct:
                return ReadStruct(type, ref reader, depth);
            case GobKind.Slice or GobKind.Map:
                var items = new List<object>();
                for (var left = reader.ReadCount(); left > 0; left--)
                {
                    if (type.Kind == GobKind.Map)
                        ReadValue(Find(type.KeyId), ref reader, depth + 1);
                    items.Add(ReadValue(Find(type.ElementId), ref reader, depth + 1));
                }

                return items;
            default:
                throw new GobException($"type {type.Id} cannot be read");
        }
    }

    private GobType Find(long id) =>
        id is >= 0 and <= int.MaxValue && _types.TryGetValue((int)id, out var type) ? type : throw new GobException($"unknown type {id}");
}
