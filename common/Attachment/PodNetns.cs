using CniPlugins.Cni;
using CniPlugins.Linux;

namespace CniPlugins.Attachment;

/// <summary>The pod's namespace as plugins report trouble with it.</summary>
internal static class PodNetns
{
    /// <summary>Opens CNI_NETNS; throws <c>failed to open netns "…": …</c>.</summary>
    public static Netns Open(string path)
    {
        try
        {
            return Netns.Open(path);
        }
        catch (NetnsException e)
        {
            throw CniException.Because($"failed to open netns \"{path}\"", e, "CNI_NETNS must name a network namespace, e.g. one made by: ip netns add NAME");
        }
    }
}
