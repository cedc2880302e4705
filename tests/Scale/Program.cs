using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using CniPlugins.Ipam.Blocks.Datastores.Etcd;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;
using CniPlugins.Scale;

// scripts/scale.sh [--nodes N] [--pods N] [--at-once N] [--crowd N]: block IPAM of a whole cluster on the etcd at --etcd, or on the API of --kubeconfig, as a report in
// Markdown.
var options = new Dictionary<string, string> { ["--nodes"] = "200", ["--pods"] = "50", ["--at-once"] = "32", ["--crowd"] = "1000" };
for (var i = 0; i + 1 < args.Length; i += 2)
    options[args[i]] = args[i + 1];
int Number(string name) => int.Parse(options[name], CultureInfo.InvariantCulture);
var (nodes, pods, atOnce, crowd) = (Number("--nodes"), Number("--pods"), Number("--at-once"), Number("--crowd"));
var server = new Server(options.TryGetValue("--etcd", out var etcd) ? EtcdSettings.Of([etcd]) : null, options.GetValueOrDefault("--kubeconfig", ""));
var wrong = new List<string>();

Everybody();
if (!server.IsKubernetes)
    Newcomers();
foreach (var problem in wrong)
    Console.WriteLine($"WRONG: {problem}");
Console.WriteLine(wrong.Count == 0 ? "\nNothing is wrong: no address twice, none lost, none left behind." : $"\n{wrong.Count} things are wrong.");
return wrong.Count == 0 ? 0 : 1;

// All nodes get all their pods, as many at once as there are threads; then all go.
void Everybody()
{
    Console.WriteLine($"## {nodes} nodes × {pods} pods, {atOnce} at once\n");
    var cluster = new Cluster(server, Cidr.Parse("10.0.0.0/12"));
    cluster.Found(nodes, atOnce);
    var order = Enumerable.Range(0, nodes * pods).ToArray();
    new Random(1).Shuffle(order);
    var (first, warm, gone, seen) = (new ConcurrentBag<Sample>(), new ConcurrentBag<Sample>(), new ConcurrentBag<Sample>(), new ConcurrentDictionary<int, bool>());
    var started = Stopwatch.GetTimestamp();
    cluster.Parallelly(order.Length, atOnce, (i, store) =>
    {
        var node = order[i] % nodes;
        var sample = cluster.Add(store, Cluster.Node(node), order[i]);
        (seen.TryAdd(node, true) || sample.RoundTrips > 6 ? first : warm).Add(sample); // of two first pods of a node it is not known which came first
    });
    var added = Stopwatch.GetElapsedTime(started);
    wrong.AddRange(cluster.Audit());
    started = Stopwatch.GetTimestamp();
    cluster.Parallelly(order.Length, atOnce, (i, store) => gone.Add(cluster.Del(store, Cluster.Node(order[i] % nodes), order[i])));
    var deleted = Stopwatch.GetElapsedTime(started);
    wrong.AddRange(cluster.Audit());
    Console.WriteLine(Samples.Header);
    Console.WriteLine(Samples.Line("ADD that claims a block", first));
    Console.WriteLine(Samples.Line("ADD, warm", warm));
    Console.WriteLine(Samples.Line("DEL", gone));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{order.Length / added.TotalSeconds:0} assignments and {order.Length / deleted.TotalSeconds:0} releases a second.\n"));
    if (cluster.Retries > 0)
        Console.WriteLine($"{cluster.Retries} assignments were made again because the datastore was away.\n");
}

// One node's pods beside few others and beside a crowd.
void Newcomers()
{
    Console.WriteLine($"## One pod after the other, beside 10 and {crowd} nodes with {pods} pods each\n\n{Samples.Header}");
    var medians = new List<double>();
    var filled = 0;
    var crowded = Cidr.Parse("10.16.0.0/12");
    var cluster = new Cluster(server, crowded);
    cluster.Parallelly(1, 1, (_, store) => store.Create(new PoolKey("crowd"), new IpPool(new Metadata("crowd"), crowded), Cluster.Soon));
    foreach (var size in new[] { 10, crowd })
    {
        var from = filled;
        cluster.Parallelly(size - from, atOnce, (i, store) =>
        {
            var node = from + i;
            if (node >= nodes)
                server.Join(store, Cluster.Node(node));
            Cluster.Fill(store, crowded, node, 1_000_000 + (node * pods), pods);
        });
        filled = size;
        var (claims, warm) = (new List<Sample>(), new List<Sample>());
        cluster.Parallelly(1, 1, (_, store) =>
        {
            var id = 100_000 * (medians.Count + 1);
            for (var node = 0; node < 8; node++)
            {
                server.Join(store, Cluster.Node(id + node));
                claims.Add(cluster.Add(store, Cluster.Node(id + node), (id * 100) + (node * 64)));
                for (var pod = 1; pod < 50; pod++)
                    warm.Add(cluster.Add(store, Cluster.Node(id + node), (id * 100) + (node * 64) + pod));
            }
        });
        medians.Add(Samples.Percentile(warm, 50, sample => sample.Milliseconds));
        Console.WriteLine(Samples.Line($"{size} nodes, {size * pods:N0} addresses: ADD that claims a block", claims));
        Console.WriteLine(Samples.Line($"{size} nodes, {size * pods:N0} addresses: ADD, warm", warm));
        if (warm.Any(sample => sample.FullLists > 0) || warm.Max(sample => sample.RoundTrips) > 4)
            wrong.Add($"a warm assignment beside {size} nodes listed everything, or took more than 4 round trips");
    }

    wrong.AddRange(cluster.Audit());
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nA warm assignment beside {crowd} nodes takes {medians[1] / medians[0]:0.00} times what it takes beside 10."));
}
