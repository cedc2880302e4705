using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace CniPlugins.Ipam.Dhcp.Rpc;

/// <summary>Writes a struct's fields, by number and in order; what is zero is left out, but for structs.</summary>
internal sealed class GobBody(ArrayBufferWriter<byte> to)
{
    private int _last = -1;

    public void Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
            return;
        Begin(field);
        WriteBytes(value);
    }

    public void Int(int field, long value)
    {
        if (value == 0)
            return;
        Begin(field);
        WriteSigned(value);
    }

    public void Unsigned(int field, ulong value)
    {
        if (value == 0)
            return;
        Begin(field);
        WriteUnsigned(value);
    }

    public void Struct(int field, Action<GobBody> value)
    {
        Begin(field);
        Write(value);
    }

    public void Structs<T>(int field, IReadOnlyList<T> items, Action<GobBody, T> write)
    {
        if (items.Count == 0)
            return;
        Begin(field);
        WriteUnsigned((ulong)items.Count);
        foreach (var item in items)
            Write(body => write(body, item));
    }

    /// <summary>A number as <see cref="GobBytes.ReadSigned"/> reads it.</summary>
    public void WriteSigned(long value) => WriteUnsigned(value < 0 ? ((ulong)~value << 1) | 1 : (ulong)value << 1);

    public void WriteUnsigned(ulong value)
    {
        if (value <= 0x7f)
        {
            to.Write([(byte)value]);
            return;
        }

        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        ReadOnlySpan<byte> significant = bytes.TrimStart((byte)0);
        to.Write([(byte)-significant.Length]);
        to.Write(significant);
    }

    /// <summary>A whole struct: its fields and the zero after the last.</summary>
    public void Write(Action<GobBody> value)
    {
        value(new GobBody(to));
        to.Write([(byte)0]);
    }

    private void Begin(int field)
    {
        WriteUnsigned((ulong)(field - _last));
        _last = field;
    }

    private void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteUnsigned((ulong)value.Length);
        to.Write(value);
    }
}
