using System.Globalization;
using CniPlugins.Bench;

// scripts/bench.sh [--runs N] [--only WORDS] [--peer NAME=DIR]...: our suite beside others, taking turns in one run.
var runs = 50;
var only = "";
var suites = new List<Suite>();
for (var i = 0; i + 1 < args.Length; i += 2)
{
    if (args[i] == "--runs")
        runs = int.Parse(args[i + 1], CultureInfo.InvariantCulture);
    else if (args[i] == "--only")
        only = args[i + 1];
    else if (args[i] == "--peer" && args[i + 1].Split('=', 2) is [var name, var directory])
        suites.Add(new Suite(name, directory));
}

const int Pods = 8;
Directory.CreateDirectory("/run/bench");
for (var i = 0; i < Pods; i++)
    _ = CniPlugins.Linux.ChildProcess.Run("/bin/sh", ["-c", $"ip netns add bench{i}"], [$"PATH={Environment.GetEnvironmentVariable("PATH")}"], []);

var table = new Table(suites);
table.Row("VERSION", Repeat(suite => suite.Time("bridge", "VERSION", "", "", "")), suite => suite.PeakMemory("bridge", "VERSION", "", "", ""));
Verbs("loopback", "loopback", _ => """{"cniVersion":"1.0.0","name":"lo","type":"loopback"}""");
foreach (var held in new[] { 0, 1_000, 40_000 })
{
    foreach (var suite in suites.Where(_ => only.Length == 0))
        Fill(suite, $"held{held}", held);
    Verbs($"host-local, {held:N0} held", "host-local", suite =>
        $$"""{"cniVersion":"1.0.0","name":"held{{held}}","type":"host-local","ipam":{"type":"host-local","dataDir":"{{suite.DataDirectory}}","subnet":"10.0.0.0/15"} }""");
}

Verbs("bridge", "bridge", suite => Bridge(suite, "", """{"subnet":"10.9.0.0/16"}"""));
Verbs("bridge, dual stack, gateway", "bridge", suite => Bridge(suite, "g", """{"subnet":"10.8.0.0/16"}],[{"subnet":"fd08::/64"}""", ""","isDefaultGateway":true"""));
Chains("bridge + ipMasq", suite => [("bridge", Bridge(suite, "m", """{"subnet":"10.7.0.0/16"}""", ""","isGateway":true,"ipMasq":true"""))]);
Chains("bridge + portmap, 2 tcp", suite => [("bridge", Bridge(suite, "t", """{"subnet":"10.4.0.0/16"}""", ""","isGateway":true""")), ("portmap", Ports(suite, "tcp"))]);
Chains("bridge + portmap, tcp and udp", suite => [("bridge", Bridge(suite, "p", """{"subnet":"10.6.0.0/16"}""", ""","isGateway":true""")), ("portmap", Ports(suite))]);
Chains("bridge + ipMasq + portmap", suite => [("bridge", Bridge(suite, "c", """{"subnet":"10.5.0.0/16"}""", ""","isGateway":true,"ipMasq":true""")), ("portmap", Ports(suite))]);
Chains("bridge + bandwidth", suite => [("bridge", Bridge(suite, "b", """{"subnet":"10.3.0.0/16"}""", ""","isGateway":true""")), ("bandwidth", Limits())]);
Chains("bridge + ipMasq + portmap, 2 tcp + bandwidth", suite =>
[
    ("bridge", Bridge(suite, "f", """{"subnet":"10.2.0.0/16"}""", ""","isGateway":true,"ipMasq":true""")), ("portmap", Ports(suite, "tcp")), ("bandwidth", Limits()),
]);
table.Print();
foreach (var held in new[] { 0, 50 })
    Beside(suites[0], held);
return 0;

static string Bridge(Suite suite, string suffix, string ranges, string options = "") =>
    $$"""{"cniVersion":"1.0.0","name":"net{{suffix}}","type":"bridge","bridge":"{{suite.Bridge}}{{suffix}}"{{options}},"ipam":{"type":"host-local","dataDir":"{{suite.DataDirectory}}","ranges":[[{{ranges}}]]} }""";

// Each suite has ports of its own: the mappings of one must not be in the other's way.
string Ports(Suite suite, string second = "udp")
{
    var port = 20_000 + (1_000 * suites.IndexOf(suite));
    return $$"""{"cniVersion":"1.0.0","name":"net","type":"portmap","capabilities":{"portMappings":true},"runtimeConfig":{"portMappings":[{"hostPort":{{port}},"containerPort":80,"protocol":"tcp"},{"hostPort":{{port + 1}},"containerPort":53,"protocol":"{{second}}"}]} }""";
}

static string Limits() =>
    """{"cniVersion":"1.0.0","name":"net","type":"bandwidth","ingressRate":10000000,"ingressBurst":1000000,"egressRate":10000000,"egressBurst":1000000}""";

// A chain's ADD and DEL, the suites taking turns.
void Chains(string what, Func<Suite, IReadOnlyList<(string Plugin, string Conf)>> chain)
{
    if (!what.Contains(only, StringComparison.Ordinal))
        return;
    var add = suites.ToDictionary(suite => suite, _ => new List<double>());
    var del = suites.ToDictionary(suite => suite, _ => new List<double>());
    for (var run = -3; run < runs; run++)
    {
        foreach (var suite in suites)
        {
            var netns = $"/run/netns/bench{(run + 3) % Pods}";
            var (added, result) = suite.Time(chain(suite), "ADD", "", $"pod{run + 3}", netns);
            var (deleted, _) = suite.Time(chain(suite), "DEL", result, $"pod{run + 3}", netns);
            if (run < 0)
                continue; // warm-up
            add[suite].Add(added);
            del[suite].Add(deleted);
        }
    }

    table.Row($"{what}: ADD", add, memory: null);
    table.Row($"{what}: DEL", del, memory: null);
}

// ADD and DEL of pod after pod, the suites taking turns, each measured by itself.
void Verbs(string what, string plugin, Func<Suite, string> conf)
{
    if (!what.Contains(only, StringComparison.Ordinal))
        return;
    var add = suites.ToDictionary(suite => suite, _ => new List<double>());
    var del = suites.ToDictionary(suite => suite, _ => new List<double>());
    for (var run = -3; run < runs; run++)
    {
        foreach (var suite in suites)
        {
            var netns = $"/run/netns/bench{(run + 3) % Pods}";
            var added = suite.Time(plugin, "ADD", conf(suite), $"pod{run + 3}", netns);
            var deleted = suite.Time(plugin, "DEL", conf(suite), $"pod{run + 3}", netns);
            if (run < 0)
                continue; // warm-up
            add[suite].Add(added);
            del[suite].Add(deleted);
        }
    }

    var memory = suites.ToDictionary(suite => suite, suite => (
        Add: suite.PeakMemory(plugin, "ADD", conf(suite), "memory", "/run/netns/bench0"),
        Del: suite.PeakMemory(plugin, "DEL", conf(suite), "memory", "/run/netns/bench0")));
    table.Row($"{what}: ADD", add, suite => memory[suite].Add);
    table.Row($"{what}: DEL", del, suite => memory[suite].Del);
}

Dictionary<Suite, List<double>> Repeat(Func<Suite, double> once)
{
    var times = suites.ToDictionary(suite => suite, _ => new List<double>());
    for (var run = 0; run < runs * 2; run++)
    {
        foreach (var suite in suites)
            times[suite].Add(once(suite));
    }

    return times;
}

// Our calico-ipam on files beside our host-local, taking turns: of one block of 64 so many are held.
void Beside(Suite suite, int held)
{
    if (!File.Exists($"{suite.Directory}/calico-ipam"))
        return;
    var blocks = $$"""{"cniVersion":"1.0.0","name":"blocks{{held}}","type":"ptp","nodename":"bench","ipam_lock_file":"/run/bench/lock","ipam":{"type":"calico-ipam","dataDir":"{{suite.DataDirectory}}/blocks{{held}}","pools":[{"name":"a","cidr":"10.0.0.0/16"}]} }""";
    var files = $$"""{"cniVersion":"1.0.0","name":"beside{{held}}","type":"ptp","ipam":{"type":"host-local","dataDir":"{{suite.DataDirectory}}","subnet":"10.0.0.0/26"} }""";
    (string Plugin, string Conf)[] both = [("host-local", files), ("calico-ipam", blocks)];
    var times = new Dictionary<string, List<double>>();
    foreach (var (plugin, conf) in both)
    {
        for (var i = 0; i < held; i++)
            suite.Time(plugin, "ADD", conf, $"held{i}", "/run/netns/bench0");
    }

    for (var run = -3; run < runs; run++)
    {
        foreach (var (plugin, conf) in both)
        {
            foreach (var verb in new[] { "ADD", "DEL" })
            {
                var time = suite.Time(plugin, verb, conf, $"pod{run + 3}", "/run/netns/bench0");
                if (run >= 0)
                    (times.TryGetValue($"{plugin} {verb}", out var list) ? list : times[$"{plugin} {verb}"] = []).Add(time);
            }
        }
    }

    foreach (var verb in new[] { "ADD", "DEL" })
    {
        var (own, other) = (Median(times[$"calico-ipam {verb}"]), Median(times[$"host-local {verb}"]));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"calico-ipam on files, {held} held: {verb} {own:0.00} ms, host-local {other:0.00} ms: {own / other:0.00} times"));
    }
}

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

// Reservations as upstream's host-local writes them.
static void Fill(Suite suite, string network, int count)
{
    var directory = Directory.CreateDirectory($"{suite.DataDirectory}/{network}").FullName;
    for (var i = 0; i < count; i++)
        File.WriteAllText($"{directory}/10.{(i + 2) >> 16}.{((i + 2) >> 8) & 255}.{(i + 2) & 255}", $"held{i}\r\neth0");
}
