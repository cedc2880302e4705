using System.Text;

namespace CniPlugins.Tests.Support;

/// <summary>A protocol buffers message, field by field: enough of it to speak to containerd without a compiler for its .proto files.</summary>
/// <remarks>Encoding: https://protobuf.dev/programming-guides/encoding/</remarks>
internal sealed class ProtoMessage
{
    private const int Varint = 0;
    private const int Length = 2;

    private readonly List<byte> _bytes = [];

    public byte[] ToBytes() => [.. _bytes];

    public ProtoMessage With(int field, long value)
    {
        Put((field << 3) | Varint);
        Put(value);
        return this;
    }

    public ProtoMessage With(int field, string value) => With(field, Encoding.UTF8.GetBytes(value));

    public ProtoMessage With(int field, ProtoMessage value) => With(field, value.ToBytes());

    /// <summary>One entry of a map: a message with the key as field 1 and the value as field 2.</summary>
    public ProtoMessage With(int field, string key, string value) => With(field, new ProtoMessage().With(1, key).With(2, value));

    /// <summary>All values of a field that have a length: strings, bytes and messages.</summary>
    public static IEnumerable<byte[]> Read(byte[] message, int wanted)
    {
        for (var at = 0; at < message.Length;)
        {
            var key = Take(message, ref at);
            var value = (int)Take(message, ref at);
            Assert.True((key & 7) is Varint or Length, "a field of a kind that is not read here");
            if ((key & 7) == Varint)
                continue;
            if (key >> 3 == wanted)
                yield return message[at..(at + value)];
            at += value;
        }
    }

    /// <summary>The only string of a field, or an empty one.</summary>
    public static string Text(byte[] message, int field) => Encoding.UTF8.GetString(Read(message, field).SingleOrDefault() ?? []);

    private ProtoMessage With(int field, byte[] value)
    {
        Put((field << 3) | Length);
        Put(value.Length);
        _bytes.AddRange(value);
        return this;
    }

    private void Put(long value)
    {
        for (; value > 0x7f; value >>= 7)
            _bytes.Add((byte)(value | 0x80));
        _bytes.Add((byte)value);
    }

    private static long Take(byte[] message, ref int at)
    {
        long value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = message[at++];
            value |= (long)(next & 0x7f) << shift;
            if (next < 0x80)
                return value;
        }
    }
}
