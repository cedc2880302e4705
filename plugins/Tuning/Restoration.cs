using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Netlink;
using CniPlugins.Route;

namespace CniPlugins.Tuning;

/// <summary>DEL: gives an interface its former settings, as far as there is an interface, and says whether the backup has served.</summary>
/// <remarks>
/// As with upstream, a setting that the kernel does not take back fails nobody's DEL: the interface is about to go, and pods must not hang in
/// Terminating. The backup then stays for another try.
/// </remarks>
internal sealed class Restoration(DelRequest request, BackupFile file)
{
    /// <summary>Whether there is nothing more to restore.</summary>
    public bool IsDone()
    {
        if (Parse() is not { } settings || PodNetns.Find(request) is not { } opened)
            return true;
        using var netns = opened;
        if (file.Note?.IsOfAnother(netns) is true)
        {
            Say($"{request.Netns} is another namespace by now, and stays as it is");
            return true;
        }

        using var pod = RouteSocket.OpenIn(netns);
        return pod.FindLink(request.IfName.Value) is not { } link || settings.Each.Aggregate(true, (done, setting) => IsRestored(link, setting) && done);
    }

    private LinkSettings? Parse()
    {
        try
        {
            return file.Read() is { } content ? LinkSettings.Parse(content) : null;
        }
        catch (ConfigException e)
        {
            // It is written before anything is changed: this ADD did not get further.
            Say($"{file.Path} is no backup ({e.Message}), so nothing is restored");
            return null;
        }
    }

    /// <summary>What is wanting for a moment is there the next; what fails twice, the kernel does not take back.</summary>
    private static bool IsRestored(Link link, LinkSettings setting) =>
        TryRestore(link, setting, _ => { }) || TryRestore(link, setting, failure => Say($"not restored: {failure}"));

    private static bool TryRestore(Link link, LinkSettings setting, Action<string> explain)
    {
        try
        {
            setting.Apply(link);
            return true;
        }
        catch (NetlinkException e)
        {
            if (e.Errno is Errno.ENODEV)
                return true; // it went while we looked
            explain(e.Message);
            return false;
        }
    }

    private static void Say(string what) => StandardError.WriteLine($"tuning: {what}");
}
