using System.CommandLine;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Cnitool.Addresses;

/// <summary><c>cnitool ipam node</c>: the nodes that blocks belong to.</summary>
internal sealed class NodeCommand(StateOptions states, TextWriter output)
{
    private readonly Argument<string[]> _words = new("network, node")
    {
        Description = "name of a network in NETCONFPATH (unless options say where the datastore is), then the node's name",
        Arity = new ArgumentArity(1, 2),
    };

    private readonly Option<bool> _force = new("--force") { Description = "also the blocks in which somebody has addresses: they are nobody's then, and go with their last address" };

    public Command Create()
    {
        var remove = new Command(
            "remove",
            """
            Gives back the blocks of a node that is gone for good. Those in which somebody has addresses stay the node's (exit code 1), until the
            addresses are released or --force is given.

            Example:
              cnitool ipam node remove calico node7
            """) { _words, _force };
        states.AddTo(remove);
        remove.SetAction(Remove);
        return new Command("node", "Removes nodes. Only for calico-ipam.") { remove };
    }

    private int Remove(ParseResult parsed)
    {
        var (state, node) = states.OpenBlocks(parsed, parsed.GetValue(_words)!, "node");
        using (state)
        {
            var (owner, deadline) = (BlockOwner.Host(node), BlockState.Deadline);
            var before = state.Store.List(new AffinitiesOf(owner), deadline).Count;
            var kept = new BlockIpam(state.Store).ReleaseAffinitiesOf(owner, onlyIfEmpty: !parsed.GetValue(_force), deadline);
            foreach (var block in kept)
                output.WriteLine($"{block}: has addresses that somebody holds");
            output.WriteLine(before == 0 ? $"node {node}: has no blocks" : $"node {node}: {before - kept.Count} of {before} blocks given back");
            return kept.Count == 0 ? 0 : 1;
        }
    }
}
