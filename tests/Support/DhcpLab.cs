using System.Text.Json;

namespace CniPlugins.Tests.Support;

/// <summary>A host with a bridge, on which a DHCP server of Debian's gives addresses of 10.5.0.0/24, and a DHCP daemon for plugins.</summary>
internal sealed class DhcpLab : IDisposable
{
    private readonly List<Background> _running = [];

    public DhcpLab()
    {
        Host.AddBridge();
        Host.Ip("addr add 10.5.0.1/24 dev br0");
        Host.Ip("link add up0 up master br0 type veth peer name up1"); // a bridge without ports has no carrier, and some servers pass over it
        Host.Ip("link set up1 up");
    }

    public Sandbox Host { get; } = new();

    public string Socket => $"{Host.Directory}/dhcp.sock";

    /// <summary>Where our daemon keeps its leases.</summary>
    public string[] KeptLeases => Directory.Exists($"{Host.Directory}/dhcp.leases")
        ? Directory.GetFiles($"{Host.Directory}/dhcp.leases", "*:*", SearchOption.AllDirectories)
        : [];

    /// <summary>The only daemon's, or the last one's, words.</summary>
    public string DaemonLog => File.Exists($"{Host.Directory}/daemon.log") ? File.ReadAllText($"{Host.Directory}/daemon.log") : "";

    public string ServerLog => File.Exists($"{Host.Directory}/server.log") ? File.ReadAllText($"{Host.Directory}/server.log") : "";

    /// <summary>The configuration of a network whose addresses come by DHCP.</summary>
    public string Conf(string type = "bridge", string ipam = "", string members = "") =>
        $$"""
        {"cniVersion":"1.1.0","name":"net","type":"{{type}}","bridge":"br0","isDefaultGateway":true{{members}},
        "ipam":{"type":"dhcp","daemonSocketPath":"{{Socket}}"{{ipam}} } }
        """;

    /// <summary>dhcp daemon, of either suite.</summary>
    public Background StartDaemon(string? bin = null, params string[] flags)
    {
        var daemon = Start("daemon", [Path.Combine(bin ?? CniCall.OurBin, "dhcp"), "daemon", "-socketpath", Socket, .. flags]);
        Eventually.Is(() => Tool.Try("nsenter", $"--net={Host.HostPath}", "ss", "-Hlx", "src", Socket).Output.Length > 0, () => daemon.Log);
        return daemon;
    }

    /// <summary>dnsmasq, which gives FIRST to LAST, and refuses what is not its own; its leases are of two minutes at least.</summary>
    public Background StartDnsmasq(string first = "10.5.0.10", string last = "10.5.0.200", int renewal = 60, string mask = "255.255.255.0", params string[] more)
    {
        Assert.SkipUnless(Tool.Exists("dnsmasq"), "needs dnsmasq (Debian: dnsmasq-base)");
        var server = Start(
            "server",
            [
                "dnsmasq", "--no-daemon", "--no-ping", "--conf-file=/dev/null", "--port=0", "--interface=br0", "--bind-interfaces",
                $"--dhcp-range={first},{last},{mask},120", $"--dhcp-leasefile={Host.Directory}/server.leases",
                "--dhcp-authoritative", "--log-dhcp", "--pid-file=", "--user=root", "--dhcp-lease-max=4000",
                $"--dhcp-option=option:T1,{renewal}", .. more,
            ]);
        Eventually.Is(() => server.Log.Contains("IP range", StringComparison.Ordinal) || server.Log.Contains("sockets bound", StringComparison.Ordinal), () => server.Log);
        return server;
    }

    /// <summary>A server by name, with leases of so many seconds.</summary>
    public Background StartServer(string name, int seconds) => name switch
    {
        "dnsmasq" => StartDnsmasq(renewal: seconds / 2),
        "kea" => StartKea(seconds),
        _ => StartDhcpd(seconds),
    };

    /// <summary>The addresses of a pod's interface; ip prints an empty object, or none, for a link without.</summary>
    public static string[] Addresses(string pod) =>
    [
        .. Sandbox.PodIpJson(pod, "-4 addr show dev eth0").EnumerateArray()
            .SelectMany(link => link.TryGetProperty("addr_info", out var list) ? list.EnumerateArray().ToArray() : [])
            .Select(info => $"{info.GetProperty("local").GetString()}/{info.GetProperty("prefixlen").GetInt32()}"),
    ];

    /// <summary>What a host and a pod have, but for the neighbours that they remember for a while.</summary>
    public string Snapshot(string pod) =>
        string.Join('\n', Support.Snapshot.Of(Host, pod).Split('\n').Where(line => !line.Contains(" neighbour ", StringComparison.Ordinal) && !line.Contains(": neighbour", StringComparison.Ordinal)));

    /// <summary>ADD's only address.</summary>
    public static string AddressOf(JsonElement result) => result.GetProperty("ips")[0].GetProperty("address").GetString()!;

    public void Dispose()
    {
        foreach (var each in _running)
            each.Dispose();
        Host.Dispose();
    }

    private Background StartKea(int seconds)
    {
        Assert.SkipUnless(Tool.Exists("kea-dhcp4"), "needs kea-dhcp4 (Debian: kea-dhcp4-server)");
        File.WriteAllText($"{Host.Directory}/kea.conf", $$"""
            {"Dhcp4":{"interfaces-config":{"interfaces":["br0"]},"valid-lifetime":{{seconds}},
            "lease-database":{"type":"memfile","name":"{{Host.Directory}}/kea.leases"},
            "subnet4":[{"id":1,"subnet":"10.5.0.0/24","pools":[{"pool":"10.5.0.10 - 10.5.0.200"}],"option-data":[{"name":"routers","data":"10.5.0.1"}]}],
            "loggers":[{"name":"kea-dhcp4","severity":"DEBUG","debuglevel":40,"output_options":[{"output":"stdout"}]}] } }
            """);
        var server = Start("server", ["kea-dhcp4", "-c", $"{Host.Directory}/kea.conf"], new Dictionary<string, string>
        {
            ["KEA_PIDFILE_DIR"] = Host.Directory,
            ["KEA_LOCKFILE_DIR"] = Host.Directory,
        });
        Eventually.Is(() => server.Log.Contains("DHCP4_STARTED", StringComparison.Ordinal), () => server.Log);
        return server;
    }

    private Background StartDhcpd(int seconds)
    {
        Assert.SkipUnless(Tool.Exists("dhcpd"), "needs dhcpd (Debian: isc-dhcp-server)");
        File.WriteAllText($"{Host.Directory}/dhcpd.leases", "");
        File.WriteAllText($"{Host.Directory}/dhcpd.conf", $$"""
            authoritative; ping-check false;
            default-lease-time {{seconds}}; max-lease-time {{seconds}}; min-lease-time {{seconds}};
            subnet 10.5.0.0 netmask 255.255.255.0 { range 10.5.0.10 10.5.0.200; option routers 10.5.0.1; }
            """);
        var server = Start(
            "server", ["dhcpd", "-4", "-f", "-d", "-cf", $"{Host.Directory}/dhcpd.conf", "-lf", $"{Host.Directory}/dhcpd.leases", "--no-pid", "br0"]);
        Eventually.Is(() => server.Log.Contains("Server starting service", StringComparison.Ordinal), () => server.Log);
        return server;
    }

    private Background Start(string name, string[] command, IReadOnlyDictionary<string, string>? environment = null)
    {
        var process = new Background(Host, $"{Host.Directory}/{name}.log", command, environment);
        _running.Add(process);
        return process;
    }
}
