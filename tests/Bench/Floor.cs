namespace CniPlugins.Bench;

/// <summary>
/// Floor/floor.c: what a chain changes in the kernel, by one program in C that does nothing else. What plugins share on a host, our suite makes for it.
/// </summary>
internal sealed class Floor(Suite ours) : Contender("floor")
{
    private const int FirstAddress = 50_000; // behind all reservations

    public override string? Lacks(Chain chain) => chain.Floor.Count > 0 ? null : "has no such parts";

    public override void Prepare(Chain chain, Pod pod)
    {
        var result = "";
        foreach (var verb in chain.Verbs)
            result = ours.RunFor(this, chain, verb, pod, result, call => call.Run());
        base.Prepare(chain, pod);
    }

    public override string Run(Chain chain, string verb, Pod pod, string result, Func<Call, string> run)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "floor");
        return run(new Call(Host.Netns, program, [verb, pod.Netns, Address(chain, pod), .. chain.Floor.Select(part => Part(part, chain, pod))], [], ""));
    }

    public static string Address(Chain chain, Pod pod) =>
        $"10.{chain.Network}.{(FirstAddress + pod.Number) >> 8}.{(FirstAddress + pod.Number) & 255}";

    private string Part(string part, Chain chain, Pod pod) => part switch
    {
        "lease" => $"lease:{DataDirectory}/{chain.NetworkName}",
        "bridge" => $"bridge:{Configurations.BridgeName(chain)}",
        "ports" => $"ports:{chain.Ports.Of(pod)}:{chain.Ports.Count}",
        _ => part,
    };
}
