using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>RFC 2863's operational state of a link.</summary>
internal enum OperState : byte
{
    Unknown = IF_OPER.UNKNOWN,
    NotPresent = IF_OPER.NOTPRESENT,
    Down = IF_OPER.DOWN,
    LowerLayerDown = IF_OPER.LOWERLAYERDOWN,
    Testing = IF_OPER.TESTING,
    Dormant = IF_OPER.DORMANT,
    Up = IF_OPER.UP,
}

/// <summary>What the states are called in messages.</summary>
internal static class OperStateText
{
    /// <summary>Upstream's words, which are not those of <c>ip</c> (LOWERLAYERDOWN).</summary>
    public static string Describe(this OperState state) => state switch
    {
        OperState.NotPresent => "not-present",
        OperState.Down => "down",
        OperState.LowerLayerDown => "lower-layer-down",
        OperState.Testing => "testing",
        OperState.Dormant => "dormant",
        OperState.Up => "up",
        _ => "unknown",
    };
}
