using System.Globalization;

namespace CniPlugins.Linux;

/// <summary>Where namespaces can be found that nobody has told us of.</summary>
internal static class NetnsDirectory
{
    private const string Named = "/run/netns";

    /// <summary>ip netns list, and lsns -t net: a path of each namespace that has a name or a process, but the host's own.</summary>
    public static IEnumerable<string> Paths()
    {
        using var own = Netns.Own();
        var seen = new HashSet<FileIdentity> { FileIdentity.Of(own.Handle) };
        var processes = DiskFile.Names("/proc").Where(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        foreach (var path in DiskFile.Names(Named).Select(name => $"{Named}/{name}").Concat(processes.Select(id => $"/proc/{id}/ns/net")))
        {
            if (IdentityOf(path) is { } identity && seen.Add(identity))
                yield return path;
        }
    }

    /// <summary>Null for what has gone meanwhile, is none, or is somebody's whom we may not look at.</summary>
    private static FileIdentity? IdentityOf(string path)
    {
        try
        {
            using var netns = Netns.Find(path);
            return netns is null ? null : FileIdentity.Of(netns.Handle);
        }
        catch (NetnsException)
        {
            return null;
        }
    }
}
