using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>How a bridge treats one of its ports.</summary>
/// <param name="Hairpin">Frames may leave by the port they came in by.</param>
/// <param name="Isolated">Isolated ports do not hear each other.</param>
internal sealed record BridgePort(bool Hairpin, bool Isolated)
{
    internal static BridgePort Read(AttributeReader<IFLA_BRPORT> data)
    {
        var port = new BridgePort(Hairpin: false, Isolated: false);
        foreach (var attribute in data)
        {
            port = attribute.Type switch
            {
                IFLA_BRPORT.MODE => port with { Hairpin = attribute.Byte != 0 },
                IFLA_BRPORT.ISOLATED => port with { Isolated = attribute.Byte != 0 },
                _ => port,
            };
        }

        return port;
    }

    internal void Write(Attributes<IFLA_BRPORT> data)
    {
        data.Put(IFLA_BRPORT.MODE, (byte)(Hairpin ? 1 : 0));
        data.Put(IFLA_BRPORT.ISOLATED, (byte)(Isolated ? 1 : 0));
    }
}
