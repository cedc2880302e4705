using System.CommandLine;
using System.Globalization;
using System.Text;
using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Cnitool.Addresses;

/// <summary><c>cnitool ipam configure</c>: the switches that hold for every node of a datastore.</summary>
internal sealed class ConfigureCommand(StateOptions states, TextWriter output)
{
    private readonly Argument<string?> _network = new("network") { Description = "name of a network in NETCONFPATH", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool?> _strict = new("--strict-affinity") { Description = "a node has addresses of its own blocks only, and borrows none", HelpName = "true|false" };
    private readonly Option<bool?> _auto = new("--auto-allocate-blocks") { Description = "a node without room claims another block", HelpName = "true|false" };
    private readonly Option<int?> _most = new("--max-blocks-per-host") { Description = "the most blocks of a node; 0 is the default of 20; needs strict affinity", HelpName = "N" };
    private readonly Option<bool> _json = new("--json") { Description = "print a JSON object" };

    public Command Create()
    {
        var command = new Command(
            "configure",
            """
            Changes what holds for all nodes that share a datastore; without options, shows it. Only for calico-ipam.

            Example:
              cnitool ipam configure calico --strict-affinity true --max-blocks-per-host 4
            """) { _network, _strict, _auto, _most, _json };
        states.AddTo(command);
        command.SetAction(Configure);
        return command;
    }

    private int Configure(ParseResult parsed)
    {
        using var state = states.OpenBlocks(parsed, parsed.GetValue(_network));
        var blocks = new BlockIpam(state.Store);
        var asks = parsed.GetValue(_strict) is not null || parsed.GetValue(_auto) is not null || parsed.GetValue(_most) is not null;
        var after = asks ? blocks.ChangeSettings(before => Changed(parsed, before), BlockState.Deadline) : blocks.ReadSettings(BlockState.Deadline);
        if (parsed.GetValue(_json))
            output.WriteLine(Encoding.UTF8.GetString(Json(after)));
        else
            Write(after);
        return 0;
    }

    private BlockSettings Changed(ParseResult parsed, BlockSettings before) => before with
    {
        StrictAffinity = parsed.GetValue(_strict) ?? before.StrictAffinity,
        AutoAllocateBlocks = parsed.GetValue(_auto) ?? before.AutoAllocateBlocks,
        MaxBlocksPerHost = parsed.GetValue(_most) ?? before.MaxBlocksPerHost,
    };

    private void Write(BlockSettings settings)
    {
        output.WriteLine($"strict affinity       {(settings.StrictAffinity ? "on" : "off")}");
        output.WriteLine($"auto allocate blocks  {(settings.AutoAllocateBlocks ? "on" : "off")}");
        output.WriteLine($"max blocks per host   {(settings.MaxBlocksPerHost == 0 ? "20 (default)" : settings.MaxBlocksPerHost.ToString(CultureInfo.InvariantCulture))}");
        if (settings.CooldownSeconds > 0)
            output.WriteLine($"released addresses    rest {settings.CooldownSeconds.ToString(CultureInfo.InvariantCulture)} s");
    }

    private static byte[] Json(BlockSettings settings) => JsonText.Write(json =>
    {
        json.WriteStartObject();
        json.WriteBoolean("strictAffinity", settings.StrictAffinity);
        json.WriteBoolean("autoAllocateBlocks", settings.AutoAllocateBlocks);
        json.WriteNumber("maxBlocksPerHost", settings.MaxBlocksPerHost);
        json.WriteNumber("cooldownSeconds", settings.CooldownSeconds);
        json.WriteEndObject();
    });
}
