namespace CniPlugins.Nftables;

/// <summary>What a set holds as a key and a map as data: one value, or several side by side: <c>10.1.0.2 . tcp . 8080</c>.</summary>
internal sealed class Datum(params IReadOnlyList<Value> values) : IEquatable<Datum>
{
    public IReadOnlyList<Value> Values { get; } = values;

    /// <summary>The width on the wire; side by side, each value fills whole registers.</summary>
    public int Length => Values.Count == 1 ? Values[0].Type.Size() : Values.Sum(value => DataTypes.Padded(value.Type.Size()));

    /// <summary>What bytes of the kernel's mean, the types being known.</summary>
    public static Datum Read(IReadOnlyList<DataType> types, ReadOnlySpan<byte> bytes)
    {
        var values = new Value[types.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Value.Read(types[i], bytes);
            bytes = bytes[Math.Min(DataTypes.Padded(types[i].Size()), bytes.Length)..];
        }

        return new Datum(values);
    }

    /// <summary>Writes <see cref="Length"/> bytes into cleared space.</summary>
    public void CopyTo(Span<byte> bytes)
    {
        foreach (var value in Values)
        {
            value.CopyTo(bytes);
            bytes = bytes[Math.Min(DataTypes.Padded(value.Type.Size()), bytes.Length)..];
        }
    }

    public bool Equals(Datum? other) => other is not null && Values.SequenceEqual(other.Values);

    public override bool Equals(object? obj) => Equals(obj as Datum);

    public override int GetHashCode() => Values.Aggregate(0, HashCode.Combine);

    public override string ToString() => string.Join(" . ", Values);
}
