using System.Text;

namespace CniPlugins.Fuzz.Mutation;

/// <summary>Changes documents as trees: most stay JSON, so they get past the parser.</summary>
internal sealed class JsonMutator(Random random, IReadOnlyList<byte[]> corpus)
{
    private const int DeepestNesting = 9_000;

    private static readonly string[] Scalars =
    [
        "null", "true", "false", "{}", "[]", "0", "-0", "-1", "1", "0.5", "1e2", "1E400", "2147483647", "2147483648", "-2147483648", "4294967295", "4294967296", "9223372036854775807", "9223372036854775808",
        "18446744073709551615", "18446744073709551616", "4095", "65535", "65536", "\"\"", "\"\\ud800\"", "\"\\u0000\"", "\"..\"", "\"../../etc/passwd\"", "\"/\"", "\"10.0.0.0/8\"", "\"10.0.0.1\"", "\"10.0.0.1/33\"", "\"::/0\"", "\"fe80::1/64\"",
        "\"255.255.255.255/32\"", "\"0.0.0.0/0\"", "\"::ffff:1.2.3.4/120\"", "\"02:00:00:00:00:01\"", "\"01:00:5e:00:00:01\"", "\"0.1.0\"", "\"0.4.0\"", "\"1.0.0\"", "\"1.1.0\"", "\"eth0\"", "\"tcp\"", "\"10.0.0.5-10.0.0.3\"",
        "\"host-local\"", "\"static\"", "\"\\u2028<&>\"", "\"\\ufffd\"", "\"a b\\nc\"", "\"net.ipv4.conf.IFNAME.forwarding\"", "\"%s%n\"", "\"2026-07-01T10:00:00+14:00\"", "\"0001-01-01T00:00:00Z\"", "\"99999999999999999999\"",
    ];

    private readonly ByteMutator _bytes = new(random, corpus);
    private readonly IReadOnlyList<JsonTree> _trees = [.. corpus.Select(JsonTree.Parse).OfType<JsonTree>()];

    /// <summary>A document made of the corpus; one in five is changed as bytes too.</summary>
    public byte[] Next()
    {
        var tree = _trees[random.Next(_trees.Count)].Copy();
        for (var changes = random.Next(1, 5); changes > 0; changes--)
            Change(tree);
        var json = tree.ToBytes();
        return random.Next(5) == 0 ? _bytes.Change(json) : json;
    }

    private void Change(JsonTree tree)
    {
        var all = tree.All().Take(5_000).ToList();
        var piece = all[random.Next(all.Count)];
        switch (random.Next(10))
        {
            case 0 or 1:
                piece.Become(JsonTree.Scalar(AnyScalar()));
                break;
            case 2:
                var other = _trees[random.Next(_trees.Count)].All().ToList();
                piece.Become(other[random.Next(other.Count)].Copy());
                break;
            case 3:
                piece.Become(all[random.Next(all.Count)].Copy());
                break;
            case 4:
                Remove(piece);
                break;
            case 5:
                Repeat(piece);
                break;
            case 6:
                Rename(piece, all);
                break;
            case 7:
                Nest(piece);
                break;
            case 8 when piece.Members is { } members:
                members.Add((AnyKey(all), JsonTree.Scalar(AnyScalar())));
                break;
            default:
                if (piece.Text is ['"', .., '"'] text)
                    piece.Text = EditText(text);
                else if (piece.Text is not null)
                    piece.Text = $"{random.NextInt64() >> random.Next(63)}";
                break;
        }
    }

    private string AnyScalar() => random.Next(50) == 0 ? $"\"{new string((char)('a' + random.Next(26)), random.Next(2_000))}\"" : Scalars[random.Next(Scalars.Length)];

    private string AnyKey(List<JsonTree> all)
    {
        var keys = all.SelectMany(piece => piece.Members ?? []).Select(member => member.Key).ToList();
        return keys.Count == 0 || random.Next(10) == 0 ? "\"\\ud800\"" : keys[random.Next(keys.Count)];
    }

    private void Remove(JsonTree piece)
    {
        if (piece.Members is { Count: > 0 } members)
            members.RemoveAt(random.Next(members.Count));
        else if (piece.Items is { Count: > 0 } items)
            items.RemoveAt(random.Next(items.Count));
    }

    private void Repeat(JsonTree piece)
    {
        var times = random.Next(100) == 0 ? 500 : random.Next(1, 4);
        if (piece.Members is { Count: > 0 } members)
            members.AddRange(Enumerable.Repeat(members[random.Next(members.Count)], times));
        else if (piece.Items is { Count: > 0 } items)
            items.AddRange(Enumerable.Repeat(items[random.Next(items.Count)], times));
    }

    private void Rename(JsonTree piece, List<JsonTree> all)
    {
        if (piece.Members is not { Count: > 0 } members)
            return;
        var at = random.Next(members.Count);
        var (key, value) = members[at];
        members[at] = (random.Next(3) switch { 0 => key.ToUpperInvariant(), 1 => EditText(key), _ => AnyKey(all) }, value);
    }

    private void Nest(JsonTree piece)
    {
        var depth = random.Next(500) == 0 ? random.Next(DeepestNesting) : random.Next(1, 4);
        if (depth > 10)
        {
            // As text: a tree so deep would be walked by recursion here.
            piece.Become(JsonTree.Scalar(new string('[', depth) + new string(']', random.Next(20) == 0 ? depth - 1 : depth)));
            return;
        }

        for (; depth > 0; depth--)
        {
            var inner = new JsonTree();
            inner.Become(piece);
            piece.Become(random.Next(2) == 0 ? new JsonTree { Items = [inner] } : new JsonTree { Members = [("\"ipam\"", inner)] });
        }
    }

    /// <summary>A text with its quotation marks, changed between them.</summary>
    private string EditText(string text) => $"\"{Encoding.UTF8.GetString(_bytes.Change(Encoding.UTF8.GetBytes(text[1..^1]))).Replace("\"", "", StringComparison.Ordinal)}\"";
}
