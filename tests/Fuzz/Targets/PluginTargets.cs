namespace CniPlugins.Fuzz.Targets;

/// <summary>Whole plugins in the sandbox: one document, the right exit code, and a host on which a failure has changed nothing.</summary>
internal static class PluginTargets
{
    private const int CallsBetweenResets = 500;

    private static readonly Lazy<Host> Sandbox = new(() => new Host());
    private static readonly Lazy<string> Clean = new(() =>
    {
        Sandbox.Value.Reset();
        return Sandbox.Value.Describe();
    });

    public static IReadOnlyList<Target> List { get; } = [new("plugins", Grammar.Call, "call", Call) { Share = 4, NeedsSandbox = true }];

    private static void Call(byte[] input)
    {
        var call = PluginCall.Parse(input);
        _ = Clean.Value;
        if (Random.Shared.Next(CallsBetweenResets) == 0)
            Sandbox.Value.Reset(); // bridges that mutated names made
        try
        {
            if (call.Run() && call.Verb == "ADD")
                ViolationException.Unless(call.With("DEL").Run() || !HasSideEffects, $"{call.Plugin}: DEL fails of what ADD accepted");
            Compare(call);
        }
        catch
        {
            Sandbox.Value.Reset();
            throw;
        }
    }

    private static bool HasSideEffects => Sandbox.Value.Describe() != Clean.Value;

    private static void Compare(PluginCall call)
    {
        var now = Sandbox.Value.Describe();
        if (now == Clean.Value)
            return;
        var lines = Clean.Value.Split('\n');
        var difference = now.Split('\n').Except(lines).Concat(lines.Except(now.Split('\n')).Select(line => $"gone: {line}")).First();
        throw new ViolationException($"{call.Plugin}: {call.Verb} leaves {string.Join(' ', difference.Split(' ').Take(5))}");
    }
}
