using System.Runtime.InteropServices;

// linux/neighbour.h
namespace CniPlugins.Route.Uapi;

internal enum NDA : ushort
{
    DST = 1,
    LLADDR = 2,
}

internal enum NUD : ushort
{
    PERMANENT = 0x80,
}

[StructLayout(LayoutKind.Sequential)]
internal struct ndmsg
{
    public byte ndm_family;
    public byte ndm_pad1;
    public ushort ndm_pad2;
    public int ndm_ifindex;
    public NUD ndm_state;
    public byte ndm_flags;
    public byte ndm_type;
}
