namespace CniPlugins.Cni;

/// <summary>What this build calls itself: <c>Text</c> is written by the build, out of git (scripts/version.sh).</summary>
internal static partial class BuildVersion
{
    /// <summary>What <c>--version</c> prints: <c>bridge v0.1.0-3-g1234567890 (CniPlugins)</c>.</summary>
    public static string Of(string name) => $"{name} {Text} (CniPlugins)\n";
}
