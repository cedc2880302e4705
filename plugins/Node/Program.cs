using CniPlugins.Linux;
using CniPlugins.Node.Firewalld;

namespace CniPlugins.Node;

/// <summary>The third executable: what needs an ordinary runtime, to live as long as the node or to speak D-Bus.</summary>
internal static class Program
{
    private const int Usage = 2;

    /// <summary>The first argument says what it is to be.</summary>
    public static int Main(string[] args)
    {
        DescriptorStream.OccupyStandardStreams();
        switch (args)
        {
            case ["--list"]:
                return 0; // no plugin's name
            case ["firewalld", .. var order]:
                return ZoneCommand.Run(order);
            default:
                StandardError.WriteLine($"usage: {ZoneCommand.Usage}");
                return Usage;
        }
    }
}
