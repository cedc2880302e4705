using System.Globalization;
using CniPlugins.Cni;
using CniPlugins.Net;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>What CNI_ARGS says about the pod: who it is to Kubernetes, and which address it wants.</summary>
internal sealed record PodIdentity(string Namespace, string Pod)
{
    private const string Pairs = "IP K8S_POD_NAME K8S_POD_NAMESPACE K8S_POD_INFRA_CONTAINER_ID CNI_TEST_NAMESPACE";

    /// <summary>A container of some other orchestrator.</summary>
    public static PodIdentity None { get; } = new("default", "");

    /// <summary>The address that somebody wants for it (<c>IP=</c>).</summary>
    public IpAddress? Wanted { get; init; }

    public bool IsKubernetes => Pod.Length > 0;

    /// <summary>Decodes the pairs; code 999 in upstream's words for a bad one, and for unknown ones unless IgnoreUnknown says otherwise.</summary>
    public static PodIdentity Parse(string args)
    {
        var pairs = CniArgs.Parse(args, Pairs.Split(' '));
        var (pod, space) = (pairs["K8S_POD_NAME"] ?? "", pairs["K8S_POD_NAMESPACE"] ?? "");
        var identity = pod.Length > 0 && space.Length > 0 ? new PodIdentity(space, pod)
            : None with { Namespace = pairs["CNI_TEST_NAMESPACE"] is { Length: > 0 } test ? test : None.Namespace };
        foreach (var name in (ReadOnlySpan<string>)[identity.Namespace, identity.Pod])
        {
            if (name.Length > 0 && name[0] != '-' && !ContainerId.IsSafe(name))
                throw new CniException(CniErrorCode.InvalidEnvironment, $"ARGS: \"{name}\" cannot be the name of a pod or namespace", "lower-case letters, digits, - and .");
        }

        if (identity.Pod.StartsWith('-') || identity.Pod.EndsWith('-'))
            throw new CniException($"error constructing WorkloadEndpoint name: pod {identity.Pod} begins or ends with \"-\"");
        return pairs["IP"] is not { Length: > 0 } text ? identity
            : IpAddress.TryParse(text, out var wanted) ? identity with { Wanted = wanted }
            : throw new CniException($"ARGS: error parsing value of pair \"IP={text}\": invalid IP address {text}");
    }

    /// <summary>For DEL: arguments that cannot be read are no reason to keep anything.</summary>
    public static PodIdentity ParseOrNone(string args)
    {
        try
        {
            return Parse(args);
        }
        catch (CniException)
        {
            return None;
        }
    }

    /// <summary>What is stored with an address: Calico's keys, the time in Go's words.</summary>
    public Dictionary<string, string> Attributes(string node)
    {
        var attributes = new Dictionary<string, string> { ["node"] = node, ["timestamp"] = Timestamp(DateTimeOffset.UtcNow) };
        if (IsKubernetes)
        {
            attributes["namespace"] = Namespace;
            attributes["pod"] = Pod;
        }

        return attributes;
    }

    /// <summary>The handle that Calico 2 gave to the addresses of this pod.</summary>
    public string LegacyHandle(ContainerId container) => IsKubernetes ? $"{Namespace}.{Pod}" : container.Value;

    /// <summary>2026-07-01 10:00:00.0000001 +0000 UTC: fractions without zeros at their end.</summary>
    public static string Timestamp(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture) + " +0000 UTC";

    /// <summary>Reads such a time; null for any other text.</summary>
    public static DateTimeOffset? ParseTimestamp(string text) =>
        DateTimeOffset.TryParseExact(
            text.Replace(" +0000 UTC", "", StringComparison.Ordinal) is var time && time.IndexOf('.', StringComparison.Ordinal) is >= 0 and var dot && time.Length > dot + 8
                ? time[..(dot + 8)] // Go writes nanoseconds
                : time,
            "yyyy-MM-dd HH:mm:ss.FFFFFFF",
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out var parsed)
            ? parsed
            : null;
}
