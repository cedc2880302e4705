using System.Text;

namespace CniPlugins.Fuzz.Mutation;

/// <summary>Changes calls of plugins: mostly the configuration, sometimes a variable.</summary>
internal sealed class CallMutator
{
    private readonly Random _random;
    private readonly IReadOnlyList<(string[] Variables, byte[] Stdin)> _calls;
    private readonly JsonMutator[] _json;
    private readonly ByteMutator _bytes;

    public CallMutator(Random random, IReadOnlyList<byte[]> corpus)
    {
        _random = random;
        _calls = [.. corpus.Select(Split)];
        _json = [.. _calls.Select(call => new JsonMutator(random, JsonTree.Parse(call.Stdin) is null ? ["{}"u8.ToArray()] : [call.Stdin]))];
        _bytes = new ByteMutator(random, [.. _calls.SelectMany(call => call.Variables).Select(Encoding.UTF8.GetBytes)]);
    }

    public byte[] Next()
    {
        var at = _random.Next(_calls.Count);
        var variables = (string[])_calls[at].Variables.Clone();
        if (_random.Next(3) == 0)
        {
            var which = _random.Next(variables.Length);
            var (name, value) = variables[which].Split('=', 2) is [var left, var right] ? (left, right) : ("CNI_ARGS", "");
            variables[which] = name == "PLUGIN" ? variables[which] : $"{name}={Encoding.UTF8.GetString(_bytes.Change(Encoding.UTF8.GetBytes(value))).Replace('\n', ' ')}";
        }

        var stdin = _random.Next(8) == 0 ? _bytes.Change(_calls[at].Stdin) : _json[at].Next();
        return [.. Encoding.UTF8.GetBytes(string.Join('\n', variables)), (byte)'\n', (byte)'\n', .. stdin];
    }

    /// <summary>The variables of a call, and its stdin.</summary>
    public static (string[] Variables, byte[] Stdin) Split(byte[] call)
    {
        var end = call.AsSpan().IndexOf("\n\n"u8);
        return end < 0 ? ([Encoding.UTF8.GetString(call)], []) : (Encoding.UTF8.GetString(call.AsSpan(0, end)).Split('\n'), call[(end + 2)..]);
    }
}
