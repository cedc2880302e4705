using System.Text;
using CniPlugins.Linux;

namespace CniPlugins.Cnitool;

/// <summary>Looks into a container's namespace.</summary>
internal static class PodInterface
{
    /// <summary>ip -n NETNS link show IFNAME; false as well when the namespace is gone or cannot be entered.</summary>
    public static bool Exists(string netnsPath, string ifName)
    {
        try
        {
            using var netns = Netns.Find(netnsPath);
            return netns?.Run(() => DiskFile.Read("/proc/thread-self/net/dev")) is { } table
                && Encoding.UTF8.GetString(table).Split('\n').Any(line => line.TrimStart().StartsWith($"{ifName}:", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is LibcException or NetnsException)
        {
            return false;
        }
    }
}
