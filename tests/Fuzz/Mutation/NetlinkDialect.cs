using System.Globalization;

namespace CniPlugins.Fuzz.Mutation;

/// <summary>Which attributes a kind of message has and how wide they are, so that garbage gets past the first of them.</summary>
/// <remarks>
/// Written as <c>SIZE: 3s 4i 18(1s 2(7b))</c>: the fixed header's size, then attribute types with what they hold: s a text, b h i q numbers of 1 to 8 bytes, big
/// letters in network order, a an address, m a hardware address, d the bytes of a struct of which the size follows, l a list of anything like that in parentheses.
/// </remarks>
internal sealed class NetlinkDialect
{
    /// <summary>The numbers are those of the Uapi folders: links, bridge ports' VLANs, addresses, routes, qdiscs, filters; chains, sets, elements, rules; flows, counters.</summary>
    public static IReadOnlyList<NetlinkDialect> All { get; } =
    [
        new("16: 3s 4i 1m 13i 20s 16b 10i 5i 37i 18(1s 2(7b) 4s 5(4b 33b))"),
        new("16: 26l(2d4)"),
        new("8: 1a 2a 8i"),
        new("12: 1a 5a 4i 6i 15i 16i"),
        new("20: 1s 2(1d36 4q)"),
        new("20: 1s 2(5d32 7l(1s 2(2d28)))"),
        new("4: 1s 3s 4(1I 2I) 5I 7s"),
        new("4: 1s 2s 3I 4I 5I 6I 7I 13d12"),
        new("4: 3l(1(1d4) 2(1d4) 6d16)"),
        new("4: 3Q 4l(1s 2(1(1d4) 2(1I 2s) 2I 3I 4I)) 7d16"),
        new("4: 1(1(1a 2a) 2(1b 2H 3H)) 12I 18H"),
        new("4: 1I"),
    ];

    private NetlinkDialect(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        HeaderSize = int.Parse(text[..colon], CultureInfo.InvariantCulture);
        var at = colon + 1;
        Fields = Read(text, ref at);
    }

    public int HeaderSize { get; }

    public IReadOnlyList<Field> Fields { get; }

    private static List<Field> Read(string text, ref int at)
    {
        var fields = new List<Field>();
        while (at < text.Length && text[at] != ')')
        {
            if (text[at] == ' ')
            {
                at++;
                continue;
            }

            var type = Number(text, ref at);
            var holds = text[at];
            if (holds != '(')
                at++;
            var size = holds == 'd' ? Number(text, ref at) : 0;
            IReadOnlyList<Field> inner = [];
            if (at < text.Length && text[at] == '(')
            {
                at++;
                inner = Read(text, ref at);
                at++;
            }

            fields.Add(new Field(type, holds, size, inner));
        }

        return fields;
    }

    private static int Number(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
            at++;
        return int.Parse(text.AsSpan(start, at - start), CultureInfo.InvariantCulture);
    }

    /// <summary>An attribute: its type, what it holds, and for structs the size.</summary>
    internal sealed record Field(int Type, char Holds, int Size, IReadOnlyList<Field> Inner);
}
