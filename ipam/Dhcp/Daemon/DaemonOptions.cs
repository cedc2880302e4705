namespace CniPlugins.Ipam.Dhcp.Daemon;

/// <summary>The daemon's flags: upstream's names and defaults, in Go's syntax (<c>-x V</c>, <c>-x=V</c>, <c>--x …</c>).</summary>
internal sealed record DaemonOptions
{
    public const string Usage = """
        Usage of daemon:
          -broadcast
                ask servers to answer by broadcast
          -hostprefix string
                prefix of the socket's path, and of the namespaces' that plugins name
          -pidfile string
                where to write the process's number; an absolute path
          -resendmax duration
                longest pause between two attempts (default 1m2s)
          -resendtimeout duration
                how long a lease is tried for (default 3m28s)
          -socketpath string
                where plugins find the daemon (default "/run/cni/dhcp.sock")
          -timeout duration
                how long an answer is listened for (default 10s)

        """;

    public string PidFile { get; private init; } = "";

    public string HostPrefix { get; private init; } = "";

    public string SocketPath { get; private init; } = DhcpConfig.DefaultSocket;

    /// <summary>Sets BOOTP's broadcast flag, for networks where a unicast does not reach who has no address yet.</summary>
    public bool Broadcast { get; private init; }

    public TimeSpan Timeout { get; private init; } = TimeSpan.FromSeconds(10);

    public TimeSpan ResendMax { get; private init; } = TimeSpan.FromSeconds(62);

    public TimeSpan ResendTimeout { get; private init; } = TimeSpan.FromSeconds(208);

    /// <summary>Where the socket is on this host.</summary>
    public string Socket => HostPrefix + SocketPath;

    /// <summary>Reads what stands behind <c>dhcp daemon</c>; throws <see cref="FormatException"/> in the words of Go's flag package.</summary>
    public static DaemonOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new DaemonOptions();
        for (var i = 0; i < arguments.Count; i++)
        {
            var text = arguments[i];
            if (text is "--" || text.Length < 2 || text[0] != '-')
                return options; // Go's parser ends here, and nothing reads the rest
            var flag = text[(text.StartsWith("--", StringComparison.Ordinal) ? 2 : 1)..];
            var at = flag.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = at < 0 ? (flag, null) : (flag[..at], flag[(at + 1)..]);
            if (!IsKnown(name))
                throw new FormatException($"flag provided but not defined: -{name}");
            if (value is null && name == "broadcast")
                value = "true";
            value ??= ++i < arguments.Count ? arguments[i] : throw new FormatException($"flag needs an argument: -{name}");
            options = options.With(name, value);
        }

        return options;
    }

    private static bool IsKnown(string name) =>
        name is "pidfile" or "hostprefix" or "socketpath" or "broadcast" or "timeout" or "resendmax" or "resendtimeout";

    private DaemonOptions With(string name, string value) => name switch
    {
        "pidfile" => this with { PidFile = value },
        "hostprefix" => this with { HostPrefix = value },
        "socketpath" => this with { SocketPath = value },
        "timeout" => this with { Timeout = Duration(name, value) },
        "resendmax" => this with { ResendMax = Duration(name, value) },
        "resendtimeout" => this with { ResendTimeout = Duration(name, value) },
        _ => this with { Broadcast = Boolean(value) },
    };

    private static TimeSpan Duration(string name, string value) =>
        GoDuration.TryParse(value, out var time) && time > TimeSpan.Zero ? time
        : throw new FormatException($"invalid value \"{value}\" for flag -{name}: parse error");

    private static bool Boolean(string value) => value switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => throw new FormatException($"invalid boolean value \"{value}\" for -broadcast: parse error"),
    };
}
