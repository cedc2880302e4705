using CniPlugins.Net;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

internal sealed partial class Link
{
    /// <summary>ip route get ADDRESS oif NAME: whether what is sent to the address is for this host.</summary>
    public bool Receives(IpAddress address) => _socket.FindRoute(address, this) is { Type: (byte)RTN.LOCAL };
}
