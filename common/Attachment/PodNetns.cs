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

    /// <summary>
    /// The namespace for DEL; null when it is gone, or its path leads to something else: what a mount leaves behind when it goes is a file, and a pod must not hang
    /// in Terminating for it.
    /// </summary>
    public static Netns? Find(DelRequest request)
    {
        try
        {
            return Netns.Find(request.Netns ?? "");
        }
        catch (NetnsException e) when (e.Errno is Errno.None)
        {
            StandardError.WriteLine($"{request.Conf.Type}: {e.Message}; the pod's namespace is gone");
            return null;
        }
    }
}
