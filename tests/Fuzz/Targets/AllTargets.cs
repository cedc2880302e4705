namespace CniPlugins.Fuzz.Targets;

/// <summary>Whatever reads what others wrote.</summary>
internal static class AllTargets
{
    public static IReadOnlyList<Target> List { get; } =
        [.. JsonTargets.List, .. TextTargets.List, .. BlockTargets.List, .. NetlinkTargets.List, .. PluginTargets.List, .. StateTargets.List];
}
