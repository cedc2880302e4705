using System.Buffers.Binary;
using System.Text;

namespace CniPlugins.Fuzz.Mutation;

/// <summary>Makes answers of a kernel that means nothing by them: attributes within attributes, mostly of honest lengths.</summary>
internal sealed class NetlinkMutator(Random random, IReadOnlyList<byte[]> corpus)
{
    private static readonly string[] Words =
        ["eth0", "bridge", "veth", "lo", "payload", "cmp", "immediate", "tbf", "u32", "matchall", "mirred", "filter", "nat", "pods", "cni_plugins", "", "0123456789abcdef"];

    private static readonly int[] HeaderSizes = [4, 8, 12, 16, 20];

    private readonly ByteMutator _bytes = new(random, corpus);

    /// <summary>A script: which operation, then records of control byte, length (16 bits) and payload.</summary>
    public byte[] Next()
    {
        if (corpus.Count > 0 && random.Next(10) == 0)
            return _bytes.Change(corpus[random.Next(corpus.Count)]);
        var script = new List<byte> { (byte)random.Next(256) };
        for (var records = random.Next(1, 8); records > 0; records--)
        {
            var payload = Payload();
            script.AddRange([(byte)Control(), (byte)payload.Count, (byte)(payload.Count >> 8), .. payload]);
        }

        return random.Next(4) == 0 ? _bytes.Change([.. script]) : [.. script];
    }

    private int Control() => random.Next(3) == 0 ? random.Next(256) : (random.Next(6) == 0 ? random.Next(1, 4) : 0) | (random.Next(2) << 2) | 16;

    private List<byte> Payload()
    {
        if (random.Next(3) > 0)
            return Payload(NetlinkDialect.All[random.Next(NetlinkDialect.All.Count)]);
        var payload = new List<byte>();
        for (var size = HeaderSizes[random.Next(HeaderSizes.Length)]; size > 0; size--)
            payload.Add((byte)(random.Next(3) == 0 ? random.Next(16) : 0));
        AddAttributes(payload, depth: 0);
        return payload;
    }

    private List<byte> Payload(NetlinkDialect dialect)
    {
        var payload = new List<byte>(new byte[dialect.HeaderSize]);
        for (var i = 0; i < payload.Count; i++)
            payload[i] = (byte)(random.Next(4) == 0 ? random.Next(16) : i == 4 ? 1 : 0);
        AddFields(payload, dialect.Fields);
        return payload;
    }

    private void AddFields(List<byte> into, IReadOnlyList<NetlinkDialect.Field> fields)
    {
        foreach (var field in fields)
        {
            if (random.Next(6) == 0)
                continue;
            var value = random.Next(60) == 0 ? Value(depth: 4) : Value(field);
            Add(into, value.Count + 4, field.Type, value);
        }
    }

    private List<byte> Value(NetlinkDialect.Field field)
    {
        var value = new List<byte>();
        if (field.Holds == '(')
        {
            AddFields(value, field.Inner);
            return value;
        }

        if (field.Holds == 'l')
        {
            for (var count = random.Next(6); count > 0; count--)
            {
                var item = new List<byte>();
                AddFields(item, field.Inner);
                if (field.Inner is [{ Holds: 'd' }])
                    value.AddRange(item);
                else
                    Add(value, item.Count + 4, 1, item);
            }

            return value;
        }

        if (field.Holds == 's')
            return [.. Encoding.UTF8.GetBytes(Words[random.Next(Words.Length)]), 0];
        var size = field.Holds switch { 'b' => 1, 'h' or 'H' => 2, 'i' or 'I' => 4, 'q' or 'Q' => 8, 'm' => 6, 'a' => random.Next(2) == 0 ? 4 : 16, _ => field.Size };
        var bytes = new byte[size];
        if (random.Next(4) == 0)
            random.NextBytes(bytes);
        else
            bytes[char.IsAsciiLetterUpper(field.Holds) ? ^1 : 0] = (byte)random.Next(48);
        return [.. bytes];
    }

    private static void Add(List<byte> into, int length, int type, List<byte> value)
    {
        into.AddRange([(byte)length, (byte)(length >> 8), (byte)type, (byte)(type >> 8), .. value]);
        while (into.Count % 4 != 0)
            into.Add(0);
    }

    private void AddAttributes(List<byte> into, int depth)
    {
        for (var count = random.Next(depth == 0 ? 12 : 5); count > 0; count--)
        {
            var value = Value(depth);
            var length = random.Next(60) == 0 ? random.Next(0x10000) : value.Count + 4;
            var type = random.Next(8) == 0 ? random.Next(0x10000) : random.Next(random.Next(2) == 0 ? 8 : 64);
            Add(into, length, type, value);
        }
    }

    private List<byte> Value(int depth)
    {
        var value = new List<byte>();
        switch (random.Next(depth < 5 ? 7 : 5))
        {
            case 0:
                value.AddRange(Encoding.UTF8.GetBytes(Words[random.Next(Words.Length)]));
                value.Add(0);
                break;
            case 1 or 2:
                Span<byte> number = stackalloc byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(number, random.Next(3) == 0 ? random.NextInt64() : random.Next(32));
                if (random.Next(2) == 0)
                    number[..4].Reverse();
                value.AddRange(number[..(1 << random.Next(4))]);
                break;
            case 3:
                var raw = new byte[random.Next(20) == 0 ? random.Next(600) : random.Next(2) == 0 ? 16 : 4];
                random.NextBytes(raw);
                value.AddRange(raw);
                break;
            case 4:
                value.AddRange(new byte[random.Next(8)]);
                break;
            default:
                AddAttributes(value, depth + 1);
                break;
        }

        return value;
    }
}
