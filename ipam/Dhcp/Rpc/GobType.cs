namespace CniPlugins.Ipam.Dhcp.Rpc;

/// <summary>A Go type as a gob stream knows it; values are matched by the names of fields, not by that of the type.</summary>
internal sealed record GobType(int Id, GobKind Kind, string Name = "")
{
    public static readonly GobType Int = new((int)GobKind.Int, GobKind.Int);
    public static readonly GobType UInt = new((int)GobKind.UInt, GobKind.UInt);
    public static readonly GobType Bytes = new((int)GobKind.Bytes, GobKind.Bytes);
    public static readonly GobType String = new((int)GobKind.String, GobKind.String);

    /// <summary>Of a struct, in order.</summary>
    public IReadOnlyList<GobField> Fields { get; init; } = [];

    /// <summary>Of a slice, or of a map's values.</summary>
    public int ElementId { get; init; }

    /// <summary>Of a map's keys.</summary>
    public int KeyId { get; init; }

    /// <summary>What has to be described with this type, before a value of it can be read.</summary>
    public IReadOnlyList<GobType> Parts { get; private init; } = [];

    public static GobType Struct(int id, string name, params ReadOnlySpan<(string Name, GobType Type)> fields)
    {
        var (list, parts) = (new List<GobField>(), new List<GobType>());
        foreach (var (field, type) in fields)
        {
            list.Add(new GobField(field, type.Id));
            parts.Add(type);
        }

        return new GobType(id, GobKind.Struct, name) { Fields = list, Parts = parts };
    }

    public static GobType Slice(int id, string name, GobType element) =>
        new(id, GobKind.Slice, name) { ElementId = element.Id, Parts = [element] };
}

/// <summary>A field of a struct, by name and the id of its type.</summary>
internal sealed record GobField(string Name, int TypeId);
