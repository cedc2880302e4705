using System.Text.RegularExpressions;

namespace CniPlugins.Bench;

/// <summary>
/// Whether the floor does what our plugins do: both attach a pod, `ip`, `tc`, `bridge`, `nft` and `sysctl` look at host and pod, and what they say has to be
/// the same, but for names and numbers that are each one's own.
/// </summary>
internal sealed partial class Agreement(Suite ours, Floor floor, Pod pod)
{
    /// <summary>The lines that only one of them has, after ADD and after DEL; none when they agree.</summary>
    public IReadOnlyList<string> Differences(Chain chain)
    {
        ours.Prepare(chain, pod);
        floor.Prepare(chain, pod);
        var mine = States(ours, chain);
        var floors = States(floor, chain);
        return [.. chain.Verbs.SelectMany(verb => mine[verb].Except(floors[verb]).Select(line => $"{verb}: only ours: {line}")
            .Concat(floors[verb].Except(mine[verb]).Select(line => $"{verb}: only the floor: {line}")))];
    }

    private Dictionary<string, IReadOnlyList<string>> States(Contender contender, Chain chain)
    {
        var before = State(contender);
        var states = new Dictionary<string, IReadOnlyList<string>>();
        var result = "";
        foreach (var verb in chain.Verbs)
        {
            result = contender.Run(chain, verb, pod, result, call => call.Run());
            Thread.Sleep(100); // links come up
            states[verb] = Distinct(verb == "ADD" ? State(contender) : [.. State(contender).Except(before)]);
        }

        return states;
    }

    /// <summary>Lines of the same words get a number each: twice is not once.</summary>
    private static IReadOnlyList<string> Distinct(IReadOnlyList<string> lines) =>
        [.. lines.GroupBy(line => line).SelectMany(same => same.Select((line, i) => i == 0 ? line : $"{line} ({i + 1})"))];

    private IReadOnlyList<string> State(Contender contender)
    {
        var host = Path.GetFileName(contender.Host.Netns.Path);
        var inPod = Path.GetFileName(pod.Netns);
        var text = Shell.Run($$"""
            for ns in {{host}} {{inPod}}; do
                ip -n $ns addr; ip -n $ns route; ip -n $ns -6 route; bridge -n $ns -d link; tc -n $ns qdisc
                ip netns exec $ns sysctl -a 2>/dev/null | grep -E '^net.ipv[46].conf.(veth|eth0)' | grep -v -E 'stable_secret|mc_forwarding'
                for link in $(ip -n $ns -o link show type veth | sed 's/^[0-9]*: \([^@:]*\).*/\1/'); do tc -n $ns filter show dev $link parent ffff:; done
            done
            ip netns exec {{host}} nft list ruleset
            find {{contender.DataDirectory}} -path '*/.index' -prune -o -type f -print
            """);
        text = Passing().Replace(text.Replace(contender.DataDirectory, "data", StringComparison.Ordinal), "");
        return [.. text.Split('\n').Select(line => Own().Replace(line, "*").Trim())];
    }

    /// <summary>Hardware addresses and what is made of them, names of links, numbers of interfaces and actions, the pod's address, provenance.</summary>
    [GeneratedRegex(
        """
        \b([0-9a-f]{2}:){5}[0-9a-f]{2}\b|\bfe80::[0-9a-f:]+|\b(veth|bwp)[0-9a-f]+(@\w+)?|^\d+:|@if\d+|link-netns(id)? \S+|comment "[0-9a-f]{16}[^"]*"|alias .*|index \d+|
        """ + """\b10\.\d+\.(?!0\.[01]\b|255\.255)\d+\.\d+\b""")]
    private static partial Regex Own();

    /// <summary>What a link is only for a while.</summary>
    [GeneratedRegex(" state \\S+|NO-CARRIER,|,LOWER_UP| tentative| linkdown")]
    private static partial Regex Passing();
}
