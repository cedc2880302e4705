using CniPlugins.Bench;

// scripts/bench.sh says what there is to ask for.
const int Pods = 32;
var options = Options.Read(args);
Directory.CreateDirectory("/run/bench");
var pods = Pod.Make("pod", 0, Pods);
var suites = options.Peers.Select(peer => new Suite(peer.Name, peer.Directory)).ToList();
using var floor = new Floor(suites[0]);
var bench = new Bench(options, suites, floor, pods);
var good = !options.Check || bench.Check();
if (!options.Check)
    bench.Run();
suites.ForEach(suite => suite.Dispose());
return good ? 0 : 1;
