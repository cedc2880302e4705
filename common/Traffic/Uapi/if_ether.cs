// linux/if_ether.h
namespace CniPlugins.Traffic.Uapi;

internal enum ETH_P : ushort
{
    ALL = 3,
}
