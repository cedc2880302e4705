using CniPlugins.Digest;
using CniPlugins.Route;

namespace CniPlugins.Attachment;

/// <summary>What the link on the host is called where what a pod sends waits: bwpca7a875c2b85, as upstream calls it (plugins/meta/bandwidth/main.go, getIfbDeviceName).</summary>
internal static class PodIfbName
{
    private const string Prefix = "bwp";
    private const int HashLength = 12;

    /// <summary>One for a container in a network, whatever its interface is called.</summary>
    public static string Of(string network, string containerId) => Prefix + Sha512.Hex(network + containerId)[..HashLength];

    /// <summary>Whether a link looks like one of these, ours or upstream's.</summary>
    public static bool IsOn(Link link) =>
        link.Kind == IfbSpec.KindName && link.Name.Length == Prefix.Length + HashLength && link.Name.StartsWith(Prefix, StringComparison.Ordinal)
        && !link.Name.AsSpan(Prefix.Length).ContainsAnyExcept("0123456789abcdef");
}
