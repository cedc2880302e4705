using System.Text.Json;
using CniPlugins.Cnitool;
using CniPlugins.Cnitool.Addresses;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Calico;

/// <summary><c>cnitool ipam</c> on calico-ipam's datastores.</summary>
public sealed class CalicoToolTests
{
    [Fact]
    public void Show_has_a_line_for_each_pool_and_block_with_a_bar()
    {
        using var lab = new CalicoLab { Ipam = """ "pools":[{"name":"a","cidr":"10.1.0.0/28","blockSize":30},{"name":"b","cidr":"fd00::/64","disabled":true}] """ };
        var addresses = Enumerable.Range(1, 5).Select(i => lab.Add($"c{i}")).ToList();
        var (exitCode, output, _) = lab.Tool("ipam", "show", "n", "--show-blocks");
        Assert.Equal(0, exitCode);
        var lines = output.Split('\n');
        Assert.Equal($"n: calico-ipam with files in {lab.DataDirectory}", lines[0]);
        Assert.Matches(@"^NAME +RANGE +NODE +USED +OF +NOTE", lines[1]);
        Assert.Matches(@"^a +10\.1\.0\.0/28 +5 +16 +######\.{14} +31 %$", lines[2]);
        Assert.Equal(2, lines.Count(line => System.Text.RegularExpressions.Regex.IsMatch(line, @"^ +10\.1\.0\.\d+/30 +node1 +[14] +4 ")));
        Assert.Contains(lines, line => System.Text.RegularExpressions.Regex.IsMatch(line, @"^b +fd00::/64 +0 +1\.8e19 +disabled +\.{20} +0 %$"));
        Assert.DoesNotContain('\u001b', output);
        Assert.Equal(5, addresses.Distinct().Count());
    }

    [Fact]
    public void Show_in_json_has_the_same_for_programs()
    {
        using var lab = new CalicoLab();
        var address = lab.Add();
        var network = JsonDocument.Parse(lab.Tool("ipam", "show", "--json", "--show-addresses").Output).RootElement[0];
        Assert.Equal("n", network.GetProperty("network").GetString());
        var pool = network.GetProperty("stocks")[0];
        Assert.Equal(("pool", "a", "10.1.0.0/24", 1, 256), (
            pool.GetProperty("kind").GetString(), pool.GetProperty("name").GetString(), pool.GetProperty("range").GetString(), pool.GetProperty("used").GetInt32(), pool.GetProperty("total").GetInt32()));
        Assert.Equal(address, network.GetProperty("addresses")[0].GetProperty("address").GetString());
        Assert.Equal("node1", network.GetProperty("addresses")[0].GetProperty("details").GetProperty("node").GetString());
    }

    [Fact]
    public void An_address_is_shown_with_its_owner_or_is_not_assigned()
    {
        using var lab = new CalicoLab();
        var address = lab.Add();
        Assert.StartsWith($"{address} is in use (n: ", lab.Tool("ipam", "show", "n", "--ip", address).Output, StringComparison.Ordinal);
        var (exitCode, output, _) = lab.Tool("ipam", "show", "n", "--ip", "10.1.0.255");
        Assert.Equal(1, exitCode);
        Assert.StartsWith("10.1.0.255 is not assigned", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_bar_is_coloured_on_a_terminal_only_and_never_quite_full_or_empty_when_it_is_not()
    {
        var terminal = new UsageBar(new Terminal { HasColour = true, HasUnicode = true });
        Assert.Equal("\u001b[32m█░░░░░░░░░░░░░░░░░░░\u001b[0m   <1 %", terminal.Of(new Stock("pool", "", 1, 1000)));
        Assert.Equal("\u001b[31m███████████████████░\u001b[0m  >99 %", terminal.Of(new Stock("pool", "", 999, 1000)));
        Assert.Equal("####################  100 %", new UsageBar(Terminal.None).Of(new Stock("pool", "", 4, 4)));
        Assert.False(Terminal.Of(new Dictionary<string, string> { ["NO_COLOR"] = "1", ["TERM"] = "xterm" }).HasColour);
        Assert.True(Terminal.Of(new Dictionary<string, string> { ["LC_ALL"] = "", ["LANG"] = "C.UTF-8" }).HasUnicode);
        Assert.Equal("1.8e19", UsageBar.Number((UInt128)1 << 64));
    }

    [Theory]
    [InlineData("local")]
    [InlineData("etcdv3")]
    public void Check_finds_leaks_and_release_takes_back_what_is_leaked_still(string datastore)
    {
        using var lab = new CalicoLab(datastore);
        var (living, leaked, settled) = (lab.Add("living"), lab.Add("leaked"), lab.Add("settled"));
        lab.Remember("living", living);
        Assert.Equal((0, 0), (lab.Tool("ipam", "check", "n").ExitCode, lab.Tool("ipam", "check", "n", "--grace", "3600").ExitCode)); // too young to be missed
        var report = $"{lab.Directory}/report.json";
        var (exitCode, output, _) = lab.Tool("ipam", "check", "n", "--grace", "0", "-o", report);
        Assert.Equal(1, exitCode);
        Assert.Contains("leaked address: 2", output, StringComparison.Ordinal);
        Assert.Contains($"{leaked}: held by n.leaked, which the runtime of this node (node1) does not know", output, StringComparison.Ordinal);
        Assert.EndsWith("2 problems\n", output, StringComparison.Ordinal);

        Assert.Equal((1, "cnitool: nothing was released: nobody is here to be asked; add --yes\n"), lab.Tool("ipam", "release", "n", "--from-report", report) is var asked ? (asked.ExitCode, asked.Error) : default);
        lab.Remember("settled", settled);
        var released = lab.Tool("ipam", "release", "n", "--from-report", report, "--yes");
        Assert.Equal(0, released.ExitCode);
        Assert.Contains("1 of the report: settled meanwhile, left alone\n1 released\n", released.Output, StringComparison.Ordinal);
        Assert.Equal(new[] { $"{living}=n.living", $"{settled}=n.settled" }.Order(), lab.Held.Split(' ').Order());
        Assert.EndsWith("nothing to release\n", lab.Tool("ipam", "release", "n", "--from-report", report, "--yes").Output, StringComparison.Ordinal);
        Assert.Equal((0, "no problems\n"), lab.Tool("ipam", "check", "n", "--grace", "0") is var clean ? (clean.ExitCode, clean.Output.Split('\n', 2)[1]) : default);
    }

    [Fact]
    public void Without_a_runtimes_cache_nothing_is_called_leaked()
    {
        using var lab = new CalicoLab();
        lab.Add();
        var (exitCode, output, _) = lab.Tool("ipam", "check", "n", "--grace", "0");
        Assert.Equal(0, exitCode);
        Assert.Contains("result cache is not there", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Addresses_in_use_that_are_not_reserved_or_are_somebody_elses_are_found()
    {
        using var lab = new CalicoLab();
        var address = lab.Add("c1");
        lab.Remember("c1", address);
        lab.Remember("c2", address);
        lab.Remember("c3", "10.1.0.250");
        lab.Remember("c4", "192.0.2.1"); // of another plugin
        var output = lab.Tool("ipam", "check", "n").Output;
        Assert.Contains($"{address}: c2/eth0 has it, but it is reserved for n.c1", output, StringComparison.Ordinal);
        Assert.Contains("10.1.0.250: c3/eth0 has it, and the next pod may get it too", output, StringComparison.Ordinal);
        Assert.EndsWith("2 problems\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Leaked_handles_and_claims_without_block_are_found_and_released()
    {
        using var lab = new CalicoLab();
        var address = lab.Add("c1");
        lab.Remember("c1", address);
        var block = lab.Store.List(new AllBlocks(), CalicoLab.Soon).Single();
        lab.Store.Create(new HandleKey("n.gone"), BlockHandle.Of(((BlockKey)block.Key).Cidr, 1), CalicoLab.Soon);
        lab.Store.Create(new AffinityKey(BlockOwner.Host("node7"), Cidr.Parse("10.1.0.240/28")), new BlockAffinity(AffinityState.Confirmed), CalicoLab.Soon);
        var handle = lab.Store.Find(new HandleKey("n.c1"), CalicoLab.Soon)!;
        lab.Store.Update(handle, BlockHandle.Of(((BlockKey)block.Key).Cidr, 3), CalicoLab.Soon);
        var report = $"{lab.Directory}/report.json";
        var output = lab.Tool("ipam", "check", "n", "-o", report).Output;
        foreach (var kind in new[] { "leaked handle: 1", "over count: 1", "affinity without block: 1" })
            Assert.Contains(kind, output, StringComparison.Ordinal);
        Assert.EndsWith("3 released\n", lab.Tool("ipam", "release", "n", "--from-report", report, "--yes").Output, StringComparison.Ordinal);
        Assert.Equal(0, lab.Tool("ipam", "check", "n").ExitCode);
        Assert.Equal(1, lab.Store.Find(new HandleKey("n.c1"), CalicoLab.Soon)!.As<BlockHandle>().Counts.Single().Count);
        Assert.Equal($"{address}=n.c1", lab.Held);
    }

    [Fact]
    public void Pools_are_made_listed_disabled_enabled_and_removed()
    {
        using var lab = new CalicoLab { Ipam = "" };
        Assert.Equal("pool 10-1-0-0-24: 10.1.0.0/24 in blocks of /28\n", lab.Tool("ipam", "pool", "add", "n", "10.1.0.0/24", "--block-size", "28").Output);
        Assert.Equal("pool west: 10.2.0.0/24 in blocks of /26\n", lab.Tool("ipam", "pool", "add", "n", "10.2.0.0/24", "--name", "west", "--node-selector", "zone == 'west'").Output);
        Assert.Equal("cnitool: pool 10-1-0-128-25: 10.1.0.128/25 overlaps with pool 10-1-0-0-24 (10.1.0.0/24); an address belongs to one pool, disabled ones included\n", lab.Tool("ipam", "pool", "add", "n", "10.1.0.128/25").Error);
        Assert.Equal("cnitool: pool west: there is a pool of that name (10.2.0.0/24)\n", lab.Tool("ipam", "pool", "add", "n", "10.3.0.0/24", "--name", "west").Error);
        Assert.Matches(@"west +10\.2\.0\.0/24 +/26 +zone == 'west' +enabled", lab.Tool("ipam", "pool", "list", "n").Output);
        var address = lab.Add();
        Assert.StartsWith("10.1.0.", address, StringComparison.Ordinal);
        Assert.Equal(0, lab.Tool("ipam", "pool", "disable", "n", "10.1.0.0/24").ExitCode);
        Assert.NotEqual(0, lab.Call("ADD", "c2").ExitCode);
        Assert.StartsWith("cnitool: pool 10-1-0-0-24: 1 of its addresses are in use", lab.Tool("ipam", "pool", "remove", "n", "10-1-0-0-24").Error, StringComparison.Ordinal);
        Assert.Equal(0, lab.Tool("ipam", "pool", "enable", "n", "10-1-0-0-24").ExitCode);
        lab.Add("c2");
        lab.Del("c1");
        lab.Del("c2");
        Assert.Equal("pool 10-1-0-0-24: removed\n", lab.Tool("ipam", "pool", "remove", "n", "10-1-0-0-24").Output);
        Assert.Empty(lab.Store.Read([new AllBlocks(), new AllAffinities()], CalicoLab.Soon).SelectMany(answer => answer));
        Assert.StartsWith("cnitool: there is no pool 10-1-0-0-24", lab.Tool("ipam", "pool", "remove", "n", "10-1-0-0-24").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_is_gone_gives_its_blocks_back_and_those_with_addresses_only_by_force()
    {
        using var lab = new CalicoLab { Ipam = """ "pools":[{"name":"a","cidr":"10.1.0.0/28","blockSize":30}] """ };
        foreach (var id in new[] { "c1", "c2", "c3", "c4", "c5" })
            lab.Add(id);
        var mine = lab.Store.List(new AffinitiesOf(BlockOwner.Host("node1")), CalicoLab.Soon).Count;
        lab.Node = "node2";
        lab.Add("other");
        Assert.Equal((0, "node nobody: has no blocks\n"), Remove("nobody"));
        foreach (var id in new[] { "c1", "c2", "c3", "c4" })
            lab.Del(id);
        var (exitCode, output) = Remove("node1");
        Assert.Equal(1, exitCode);
        Assert.Matches($@"^10\.1\.0\.\d+/30: has addresses that somebody holds\nnode node1: {mine - 1} of {mine} blocks given back\n$", output);
        Assert.Equal((0, "node node1: 1 of 1 blocks given back\n"), Remove("node1", "--force"));
        Assert.Empty(lab.Store.List(new AffinitiesOf(BlockOwner.Host("node1")), CalicoLab.Soon));
        Assert.Equal(2, lab.Store.List(new AllBlocks(), CalicoLab.Soon).Count); // nobody's, with the last address, and node2's
        lab.Del("c5");
        Assert.Equal("host:node2", Assert.Single(lab.Store.List(new AllBlocks(), CalicoLab.Soon)).As<Block>().Affinity);
        Assert.StartsWith("cnitool: which network, and which node?", lab.Tool("ipam", "node", "remove", "node1").Error, StringComparison.Ordinal);

        (int, string) Remove(params string[] words) => lab.Tool(["ipam", "node", "remove", "n", .. words]) is var (code, text, _) ? (code, text) : default;
    }

    [Fact]
    public void The_datastore_can_be_named_without_a_network()
    {
        using var lab = new CalicoLab();
        lab.Add();
        Assert.Equal(0, lab.Tool("ipam", "pool", "add", "fd00::/64", "--datastore-dir", lab.DataDirectory, "--name", "six").ExitCode);
        Assert.Contains("fd00::/64", lab.Tool("ipam", "show", "--datastore-dir", lab.DataDirectory).Output, StringComparison.Ordinal);
        Assert.StartsWith("cnitool: which network?", lab.Tool("ipam", "pool", "list").Error, StringComparison.Ordinal);
        Assert.StartsWith("cnitool: which network, and which pool?", lab.Tool("ipam", "pool", "add", "10.9.0.0/24").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Switches_are_changed_together_or_not_at_all()
    {
        using var lab = new CalicoLab();
        Assert.Contains("strict affinity       off", lab.Tool("ipam", "configure", "n").Output, StringComparison.Ordinal);
        Assert.Equal(1, lab.Tool("ipam", "configure", "n", "--max-blocks-per-host", "2").ExitCode);
        Assert.Null(lab.Store.Find(new SettingsKey(), CalicoLab.Soon));
        Assert.Contains("max blocks per host   2", lab.Tool("ipam", "configure", "n", "--strict-affinity", "true", "--max-blocks-per-host", "2").Output, StringComparison.Ordinal);
        Assert.Equal("""{"strictAffinity":true,"autoAllocateBlocks":true,"maxBlocksPerHost":2,"cooldownSeconds":0}""", JsonSerializer.Serialize(JsonDocument.Parse(lab.Tool("ipam", "configure", "n", "--json").Output)));
    }
}
