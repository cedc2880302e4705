using CniPlugins.Cni;

namespace CniPlugins.Node.Firewalld;

/// <summary>There is no bus, or no firewalld on it: it may be there in a moment.</summary>
internal sealed class FirewalldAwayException(string message, Exception? cause = null) : Exception(message, cause), ICodedException
{
    public CniErrorCode Code => CniErrorCode.TryAgainLater;

    public string Details => "systemctl status firewalld dbus; a backend other than \"firewalld\" needs neither";
}
