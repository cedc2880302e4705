using System.Net.Sockets;

namespace CniPlugins.Tests.Support;

/// <summary>Who asks whom, and what came of it: a line for each source, target and port, a column for each protocol.</summary>
internal static class MatrixTable
{
    private const string Header = "asks    whom         port       tcp4              udp4              tcp6                udp6";

    private static readonly string[] Sources = ["pod1", "pod2", "pod3", "host", "remote"];

    // A target's name and its addresses.
    private static readonly (string Name, string V4, string V6)[] Targets =
    [
        ("the host", "192.0.2.1", "2001:db8:1::1"),
        ("gateway a", "10.1.0.1", "fd00:1::1"),
        ("gateway b", "10.2.0.1", "fd00:2::1"),
        ("loopback", "127.0.0.1", "::1"),
        ("pod1", "10.1.0.2", "fd00:1::2"),
        ("far", "198.51.100.2", "2001:db8:2::2"),
    ];

    // A port's name by the hostIP of its mapping.
    private static readonly (string Name, int Port)[] Ports =
        [("any", 8080), ("host's", 8081), ("0.0.0.0", 8082), ("::", 8083), ("loopback", 8084)];

    /// <summary>Tries every connection of the page; what fails to be as expected is asked again with more patience, for machines are slow at times.</summary>
    public static string Fill(MatrixNetwork network, MatrixSetting setting, string expected)
    {
        var rows = Rows(network);
        var probes = rows.SelectMany(row => row.Probes).ToList();
        var answers = Probe.Ask(probes, TimeSpan.FromMilliseconds(300));
        var text = Format(setting, rows, answers);
        if (text == expected)
            return text;
        var silent = answers.Index().Where(answer => answer.Item == Probe.Silent).Select(answer => answer.Index).ToList();
        var again = Probe.Ask([.. silent.Select(index => probes[index])], TimeSpan.FromSeconds(3));
        foreach (var (index, answer) in silent.Zip(again))
            answers[index] = answer;
        return Format(setting, rows, answers);
    }

    private static List<(string Title, Probe[] Probes)> Rows(MatrixNetwork network) =>
    [
        .. from source in Sources
           from target in Targets
           where target.Name != "loopback" || source == "host" // everybody's loopback is his own
           from port in Ports
           where port.Name == "any" || (target.Name != "pod1" && (target.Name != "far" || port.Name == "host's"))
           select ($"{source,-7} {target.Name,-12} {(target.Name == "pod1" ? "its own" : port.Name),-9}", Probes(network, source, target, port.Port)),
    ];

    private static Probe[] Probes(MatrixNetwork network, string source, (string Name, string V4, string V6) target, int port) =>
    [
        .. from address in new[] { target.V4, target.V6 }
           from type in new[] { SocketType.Stream, SocketType.Dgram }
           select new Probe(From(network, source), address, target.Name == "pod1" ? port - 8000 : port, type),
    ];

    private static CniPlugins.Linux.Netns From(MatrixNetwork network, string source) => source switch
    {
        "pod1" => network.Pod1,
        "pod2" => network.Pod2,
        "pod3" => network.Pod3,
        "host" => network.Host,
        _ => network.Remote,
    };

    private static string Format(MatrixSetting setting, List<(string Title, Probe[] Probes)> rows, string[] answers)
    {
        var lines = rows.Index().Select(row =>
            $"{row.Item.Title}  {string.Join("  ", answers.Skip(4 * row.Index).Take(4).Select(Said).Zip([16, 16, 18, 0], (said, width) => said.PadRight(width)))}");
        return $"# {setting}\n{Header}\n{string.Join('\n', lines)}\n";
    }

    /// <summary>The client's address as pod1 saw it; another server's answer with its name.</summary>
    private static string Said(string answer) => answer.StartsWith("pod1 ", StringComparison.Ordinal) ? answer[5..] : answer.Replace(' ', ':');
}
