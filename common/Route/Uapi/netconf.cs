using System.Runtime.InteropServices;

// linux/netconf.h
namespace CniPlugins.Route.Uapi;

[StructLayout(LayoutKind.Sequential)]
internal struct netconfmsg
{
    public byte ncm_family;
}

internal enum NETCONFA : ushort
{
    IFINDEX = 1,
    FORWARDING = 2,
}
