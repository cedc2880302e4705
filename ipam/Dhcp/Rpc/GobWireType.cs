namespace CniPlugins.Ipam.Dhcp.Rpc;

/// <summary>How gob describes a type: as a value of a type that both ends know (encoding/gob type.go, <c>wireType</c> and what it is made of).</summary>
internal static class GobWireType
{
    public const int FirstUserId = 64;

    private static readonly GobType Common = GobType.Struct(18, "CommonType", ("Name", GobType.String), ("Id", GobType.Int));
    private static readonly GobType Array =
        GobType.Struct(17, "arrayType", ("CommonType", Common), ("Elem", GobType.Int), ("Len", GobType.Int));
    private static readonly GobType Slice = GobType.Struct(19, "sliceType", ("CommonType", Common), ("Elem", GobType.Int));
    private static readonly GobType Field = GobType.Struct(21, "fieldType", ("Name", GobType.String), ("Id", GobType.Int));
    private static readonly GobType Fields = GobType.Slice(22, "[]fieldType", Field);
    private static readonly GobType Struct = GobType.Struct(20, "structType", ("CommonType", Common), ("Field", Fields));
    private static readonly GobType Map =
        GobType.Struct(23, "mapType", ("CommonType", Common), ("Key", GobType.Int), ("Elem", GobType.Int));
    private static readonly GobType Opaque = GobType.Struct(24, "gobEncoderType", ("CommonType", Common));

    /// <summary>The description itself.</summary>
    public static readonly GobType Itself = GobType.Struct(
        16, "wireType", ("ArrayT", Array), ("SliceT", Slice), ("StructT", Struct), ("MapT", Map), ("GobEncoderT", Opaque),
        ("BinaryMarshalerT", Opaque), ("TextMarshalerT", Opaque));

    /// <summary>All that need no description.</summary>
    public static IReadOnlyList<GobType> Known =>
    [
        GobType.Int, GobType.UInt, GobType.Bytes, GobType.String,
        new((int)GobKind.Bool, GobKind.Bool), new((int)GobKind.Float, GobKind.Float), new((int)GobKind.Complex, GobKind.Complex),
        Itself, Array, Common, Slice, Struct, Field, Fields, Map, Opaque,
    ];

    /// <summary>The type that a description means.</summary>
    public static GobType Read(int id, GobStruct wire)
    {
        if (wire.Find("StructT") is { } type)
        {
            return new GobType(id, GobKind.Struct)
            {
                Fields = [.. type.Structs("Field").Select(field => new GobField(field.Text("Name"), (int)field.Int("Id")))],
            };
        }

        if ((wire.Find("SliceT") ?? wire.Find("ArrayT")) is { } list)
            return new GobType(id, GobKind.Slice) { ElementId = (int)list.Int("Elem") };
        if (wire.Find("MapT") is { } map)
            return new GobType(id, GobKind.Map) { KeyId = (int)map.Int("Key"), ElementId = (int)map.Int("Elem") };
        return new GobType(id, GobKind.Bytes); // a type with an encoding of its own
    }

    /// <summary>Writes what describes a struct or a slice.</summary>
    public static void Write(GobBody to, GobType type)
    {
        if (type.Kind == GobKind.Slice)
        {
            to.Struct(1, slice =>
            {
                slice.Struct(0, common => WriteCommon(common, type));
                slice.Int(1, type.ElementId);
            });
            return;
        }

        to.Struct(2, body =>
        {
            body.Struct(0, common => WriteCommon(common, type));
            body.Structs(1, type.Fields, (item, field) =>
            {
                item.Text(0, field.Name);
                item.Int(1, field.TypeId);
            });
        });
    }

    private static void WriteCommon(GobBody common, GobType type)
    {
        common.Text(0, type.Name);
        common.Int(1, type.Id);
    }
}
