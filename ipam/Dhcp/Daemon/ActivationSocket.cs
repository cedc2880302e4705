using System.Globalization;
using CniPlugins.Linux;

namespace CniPlugins.Ipam.Dhcp.Daemon;

/// <summary>The listening socket that systemd hands over (sd_listen_fds(3)): LISTEN_FDS descriptors from 3 on, for the process LISTEN_PID.</summary>
internal static class ActivationSocket
{
    private const int First = 3;

    /// <summary>The socket; null when this process was started without.</summary>
    public static UnixSocket? Find()
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable("LISTEN_PID"), CultureInfo.InvariantCulture, out var pid) || pid != Environment.ProcessId
            || !int.TryParse(Environment.GetEnvironmentVariable("LISTEN_FDS"), CultureInfo.InvariantCulture, out var count) || count == 0)
            return null;
        if (count > 1)
            throw new FormatException($"Too many ({count}) FDs passed through socket activation");
        return UnixSocket.FindListening(First) ?? throw new FormatException($"descriptor {First} of socket activation is no listening socket");
    }
}
