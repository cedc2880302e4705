// linux/veth.h
namespace CniPlugins.Route.Uapi;

internal enum VETH_INFO : ushort
{
    PEER = 1,
}
