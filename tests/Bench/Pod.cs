namespace CniPlugins.Bench;

/// <summary>A container's namespace, and the number that makes its name, its host ports and (of the floor) its address.</summary>
internal sealed record Pod(int Number, string Netns)
{
    public string ContainerId => $"pod{Number}";

    /// <summary>ip netns add, so many times.</summary>
    public static IReadOnlyList<Pod> Make(string prefix, int first, int count)
    {
        Shell.Run($"for i in $(seq {first} {first + count - 1}); do ip netns add {prefix}$i || exit; done");
        return [.. Enumerable.Range(first, count).Select(i => new Pod(i, $"/run/netns/{prefix}{i}"))];
    }
}
