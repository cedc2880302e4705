using System.CommandLine;
using System.Globalization;
using System.Text;
using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.CalicoIpam;
using CniPlugins.Ipam.Blocks.Datastores;

namespace CniPlugins.Cnitool.Addresses;

/// <summary><c>cnitool ipam pool</c>: the ranges that blocks are cut from.</summary>
internal sealed class PoolCommand(StateOptions states, TextWriter output)
{
    private readonly Argument<string?> _network = new("network") { Description = "name of a network in NETCONFPATH", Arity = ArgumentArity.ZeroOrOne };
    private readonly Argument<string[]> _words = new("network, pool")
    {
        Description = "name of a network in NETCONFPATH (unless options say where the datastore is), then the pool's name or network",
        Arity = new ArgumentArity(1, 2),
    };

    private readonly Option<string?> _name = new("--name") { Description = "its name (default: its network, 10-1-0-0-16)", HelpName = "NAME" };
    private readonly Option<int?> _blockSize = new("--block-size") { Description = "prefix length of its blocks (default: 26, IPv6 122); can never be changed", HelpName = "LENGTH" };
    private readonly Option<string?> _selector = new("--node-selector") { Description = "which nodes may have blocks of it (default: all())", HelpName = "SELECTOR" };
    private readonly Option<bool> _disabled = new("--disabled") { Description = "give out nothing of it yet" };
    private readonly Option<bool> _json = new("--json") { Description = "print a JSON array" };

    public Command Create() => new("pool", "Makes, lists, disables and removes pools of addresses. Only for calico-ipam.")
    {
        List(),
        Add(),
        Switch("disable", "Gives out nothing more of a pool; who has an address keeps it.", isDisabled: true),
        Switch("enable", "Gives addresses of a disabled pool out again.", isDisabled: false),
        Remove(),
    };

    private Command List() => With(new Command("list", "Lists the pools.") { _network, _json }, parsed =>
    {
        using var state = states.OpenBlocks(parsed, parsed.GetValue(_network));
        var pools = new PoolBook(state.Store).All(BlockState.Deadline).Select(entry => entry.As<IpPool>()).ToList();
        if (parsed.GetValue(_json))
        {
            output.WriteLine(Encoding.UTF8.GetString(Json(pools)));
            return 0;
        }

        var table = new TextTable("NAME", "NETWORK", "BLOCKS", "NODES", "STATE");
        foreach (var pool in pools)
            table.Add(pool.Name, pool.Cidr.ToString(), $"/{Text(pool.BlockSize)}", pool.NodeSelector, StateOf(pool));
        if (table.IsEmpty)
            output.WriteLine("no pools yet: cnitool ipam pool add");
        else
            table.Write(output);
        return 0;
    });

    private Command Add() => With(
        new Command(
            "add",
            """
            Makes a pool.

            Example:
              cnitool ipam pool add calico 10.244.0.0/16 --name default
            """) { _words, _name, _blockSize, _selector, _disabled },
        parsed =>
        {
            var (state, cidr) = states.OpenBlocks(parsed, parsed.GetValue(_words)!, "pool");
            using (state)
            {
                var pool = PoolDraft.Create(parsed.GetValue(_name) ?? "", cidr, parsed.GetValue(_blockSize), parsed.GetValue(_selector)) with { Disabled = parsed.GetValue(_disabled) };
                new PoolBook(state.Store).Add(pool, BlockState.Deadline);
                output.WriteLine($"pool {pool.Name}: {pool.Cidr} in blocks of /{Text(pool.BlockSize)}");
                return 0;
            }
        });

    private Command Switch(string name, string description, bool isDisabled) => With(new Command(name, description) { _words }, parsed =>
    {
        var (state, wanted) = states.OpenBlocks(parsed, parsed.GetValue(_words)!, "pool");
        using (state)
        {
            var deadline = BlockState.Deadline;
            var entry = Require(state, wanted, deadline);
            var pool = entry.As<IpPool>();
            if (pool.Disabled != isDisabled)
                state.Store.Update(entry, pool with { Disabled = isDisabled }, deadline);
            output.WriteLine($"pool {pool.Name}: {(isDisabled ? "disabled" : "enabled")}");
            return 0;
        }
    });

    private Command Remove() => With(
        new Command(
            "remove",
            """
            Removes a pool of which nobody has an address any more, with its empty blocks. While somebody has, it is only disabled.

            Example:
              cnitool ipam pool disable calico default
              cnitool ipam pool remove calico default
            """) { _words },
        parsed =>
        {
            var (state, wanted) = states.OpenBlocks(parsed, parsed.GetValue(_words)!, "pool");
            using (state)
            {
                var deadline = BlockState.Deadline;
                var pool = new PoolRemoval(state.Store).Run(Require(state, wanted, deadline), deadline);
                output.WriteLine($"pool {pool.Name}: removed");
                return 0;
            }
        });

    private Command With(Command command, Func<ParseResult, int> action)
    {
        states.AddTo(command);
        command.SetAction(action);
        return command;
    }

    private static Entry Require(BlockState state, string wanted, Deadline deadline) =>
        new PoolBook(state.Store).Find(wanted, deadline) ?? throw new CniException($"there is no pool {wanted}", "cnitool ipam pool list");

    private static string StateOf(IpPool pool) => pool.Disabled ? "disabled" : pool.IsEnabled ? pool.IsManual ? "on request" : "enabled" : "not allocatable";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static byte[] Json(List<IpPool> pools) => JsonText.Write(json =>
    {
        json.WriteStartArray();
        foreach (var pool in pools)
        {
            json.WriteStartObject();
            json.WriteString("name", pool.Name);
            json.WriteString("cidr", pool.Cidr.ToString());
            json.WriteNumber("blockSize", pool.BlockSize);
            json.WriteString("nodeSelector", pool.NodeSelector);
            json.WriteBoolean("disabled", pool.Disabled);
            json.WriteString("state", StateOf(pool));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
