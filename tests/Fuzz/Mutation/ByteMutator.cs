using System.Text;

namespace CniPlugins.Fuzz.Mutation;

/// <summary>Changes bytes without knowing what they mean.</summary>
internal sealed class ByteMutator(Random random, IReadOnlyList<byte[]> corpus)
{
    private const int LongestInput = 256 * 1024;

    private static readonly byte[][] Words =
    [
        [0], [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x80, 0xa8], "\n"u8.ToArray(), "\r\n"u8.ToArray(), ".."u8.ToArray(), "/"u8.ToArray(), "%"u8.ToArray(),
        "-1"u8.ToArray(), "0"u8.ToArray(), "00"u8.ToArray(), "4294967296"u8.ToArray(), "9223372036854775808"u8.ToArray(), "99999999999999999999"u8.ToArray(), "1e400"u8.ToArray(),
        "\\u0000"u8.ToArray(), "\\ud800"u8.ToArray(), "\""u8.ToArray(), "\\"u8.ToArray(), "{"u8.ToArray(), "["u8.ToArray(), "]"u8.ToArray(), "}"u8.ToArray(), ":"u8.ToArray(), ","u8.ToArray(), "null"u8.ToArray(),
        "("u8.ToArray(), ")"u8.ToArray(), "||"u8.ToArray(), "&&"u8.ToArray(), "!"u8.ToArray(), "*"u8.ToArray(), "{1000}"u8.ToArray(), "\\x{10ffff}"u8.ToArray(), "[:alpha:]"u8.ToArray(), ";"u8.ToArray(), "="u8.ToArray(),
        "::"u8.ToArray(), "/128"u8.ToArray(), "255.255.255.255"u8.ToArray(), "::ffff:1.2.3.4"u8.ToArray(), "fe80::1%eth0"u8.ToArray(), "٣"u8.ToArray(), "😀"u8.ToArray(), "İ"u8.ToArray(),
    ];

    /// <summary>The same input with one to four changes.</summary>
    public byte[] Change(byte[] input)
    {
        var bytes = new List<byte>(input);
        for (var changes = random.Next(1, 5); changes > 0; changes--)
            ChangeOnce(bytes);
        return bytes.Count <= LongestInput ? [.. bytes] : [.. bytes[..LongestInput]];
    }

    private void ChangeOnce(List<byte> bytes)
    {
        var at = random.Next(bytes.Count + 1);
        var length = Math.Min(random.Next(2) == 0 ? random.Next(1, 9) : random.Next(1, bytes.Count + 2), bytes.Count - at);
        switch (random.Next(9))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 4:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 5 when corpus.Count > 0:
                var other = corpus[random.Next(corpus.Count)];
                var from = random.Next(other.Length + 1);
                bytes.InsertRange(at, other[from..(from + Math.Min(random.Next(1, 65), other.Length - from))]);
                break;
            case 6 when random.Next(40) == 0: // rarely: these are slow
                var piece = bytes.GetRange(at, Math.Min(length, 64));
                for (var times = random.Next(2_000); times > 0 && bytes.Count < LongestInput; times--)
                    bytes.InsertRange(at, piece);
                break;
            case 7:
                bytes.InsertRange(at, Encoding.ASCII.GetBytes($"{random.NextInt64() >> random.Next(63)}"));
                break;
            default:
                bytes.InsertRange(at, Words[random.Next(Words.Length)]);
                break;
        }
    }
}
