using System.Runtime.InteropServices;

// linux/if_bridge.h
namespace CniPlugins.Route.Uapi;

internal enum IFLA_BRIDGE : ushort
{
    FLAGS = 0,
    MODE = 1,
    VLAN_INFO = 2,
    VLAN_TUNNEL_INFO = 3,
}

/// <summary>Which side of a port a request is for.</summary>
[Flags]
internal enum BRIDGE_FLAGS : ushort
{
    MASTER = 1,
    SELF = 2,
}

[Flags]
internal enum BRIDGE_VLAN_INFO : ushort
{
    MASTER = 1 << 0,
    PVID = 1 << 1,
    UNTAGGED = 1 << 2,
    RANGE_BEGIN = 1 << 3,
    RANGE_END = 1 << 4,
    BRENTRY = 1 << 5,
}

[StructLayout(LayoutKind.Sequential)]
internal struct bridge_vlan_info
{
    public BRIDGE_VLAN_INFO flags;
    public ushort vid;
}
