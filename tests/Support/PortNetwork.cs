namespace CniPlugins.Tests.Support;

/// <summary>A network as Kubernetes and podman use it: a bridge with masquerade, and host ports behind it.</summary>
internal static class PortNetwork
{
    /// <summary>The runtime's data for two ports, tcp and udp, that lead to 80.</summary>
    public static string Ports(int hostPort) =>
        $$"""[{"hostPort":{{hostPort}},"containerPort":80,"protocol":"tcp"},{"hostPort":{{hostPort}},"containerPort":80,"protocol":"udp"}]""";

    /// <summary>The chain bridge, portmap; a backend for both when one is named.</summary>
    public static string Chain(Sandbox host, string backend = "", string? ipam = null) =>
        $$"""
        {"cniVersion":"1.0.0","name":"net1","plugins":[
          {"type":"bridge","bridge":"br0","isGateway":true,"ipMasq":true,{{Chosen("ipMasqBackend", backend)}}{{ipam ?? Conf.DualStack(host)}}},
          {"type":"portmap",{{Chosen("backend", backend)}}"capabilities":{"portMappings":true},"snat":true}]}
        """;

    /// <summary>The bridge alone, as a runtime hands it to the plugin.</summary>
    public static string Bridge(Sandbox host) => Conf.Bridge($"\"isGateway\":true,\"ipMasq\":true,{Conf.DualStack(host)}");

    /// <summary>portmap alone, as a runtime hands it to the plugin; without a previous result.</summary>
    public static string Portmap(string? ports) =>
        $$"""{"cniVersion":"1.0.0","name":"net1","type":"portmap","snat":true{{(ports is null ? "" : $",\"runtimeConfig\":{{\"portMappings\":{ports}}}")}}}""";

    /// <summary>nft list ruleset, without counters, sorted: chains come in the order they were made in.</summary>
    public static string Rules(Sandbox host) => string.Join('\n', host.InHost("nft", "-s", "list", "ruleset").Split('\n').Order(StringComparer.Ordinal));

    /// <summary>Whatever in the rules is there for one pod: elements of sets, and chains and rules of the iptables form.</summary>
    public static string[] OfPods(Sandbox host) => [.. Rules(host).Split('\n').Where(line =>
        line.Contains("elements = ", StringComparison.Ordinal) || line.Contains("CNI-DN-", StringComparison.Ordinal) || line.Contains("id: ", StringComparison.Ordinal))];

    private static string Chosen(string key, string backend) => backend.Length == 0 ? "" : $"\"{key}\":\"{backend}\",";
}
