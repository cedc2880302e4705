using System.CommandLine;

namespace CniPlugins.Cnitool.Addresses;

/// <summary><c>cnitool ipam</c>: who has which address, what is wrong with it, and putting it right.</summary>
internal static class IpamCommand
{
    public static Command Create(ToolSettings settings, Terminal terminal, TextWriter output, TextWriter error)
    {
        var states = new StateOptions(settings);
        return new Command(
            "ipam",
            """
            Shows which addresses are used, finds what is wrong with them, and puts it right: of host-local and of calico-ipam.

            Example:
              cnitool ipam show pods
            """)
        {
            new ShowCommand(states, terminal, output).Create(),
            new CheckCommand(states, terminal, output).Create(),
            new ReleaseCommand(states, terminal, output, error).Create(),
            new ConfigureCommand(states, output).Create(),
            new PoolCommand(states, output).Create(),
            new NodeCommand(states, output).Create(),
        };
    }
}
