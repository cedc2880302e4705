using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CniPlugins.Ipam.Blocks.Datastores.Etcd;

namespace CniPlugins.Tests.Support;

/// <summary>Debian's etcd on loopback, in the run's own network namespace, for as long as the test needs it.</summary>
/// <remarks>A shell holds it and kills it when our end of its standard input is gone, so that a test run that is killed leaves none behind.</remarks>
internal sealed class EtcdServer : IDisposable
{
    private const string Keeper = "trap '' INT; \"$@\" >\"$ETCD_LOG\" 2>&1 </dev/null & read -r _; kill -9 $!; wait";

    private readonly List<string> _arguments;
    private readonly string[] _inside;
    private Process? _process;

    /// <summary>A member by itself (with more arguments), with its data in a directory of its own.</summary>
    public EtcdServer(TestCertificates? tls = null, params string[] arguments)
        : this(netns: null, tls, arguments)
    {
    }

    /// <param name="netns">The namespace whose loopback it is on; null is the run's own.</param>
    /// <param name="tls">Certificates; null is plain.</param>
    /// <param name="arguments">More of etcd's own.</param>
    public EtcdServer(string? netns, TestCertificates? tls, params string[] arguments)
    {
        _inside = netns is null ? [] : ["nsenter", $"--net={netns}"];
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CNI_PLUGINS_SANDBOX") == "1", "needs a private network namespace: run scripts/test.sh");
        Assert.SkipUnless(Tool.Exists("etcd") && Tool.Exists("etcdctl"), "needs etcd (Debian: etcd-server, etcd-client)");
        Tls = tls;
        Directory = System.IO.Directory.CreateTempSubdirectory("cni-etcd-").FullName;
        Port = FreePort();
        Url = $"{(tls is null ? "http" : "https")}://127.0.0.1:{Port}";
        _arguments =
        [
            .. _inside, "etcd", "--data-dir", $"{Directory}/data", "--unsafe-no-fsync", "--heartbeat-interval", "50", "--election-timeout", "500", "--max-txn-ops", "128",
            "--listen-client-urls", Url, "--advertise-client-urls", Url,
            .. arguments.Contains("--initial-cluster") ? Array.Empty<string>() : ["--listen-peer-urls", $"http://127.0.0.1:{FreePort()}"],
            .. tls is null ? Array.Empty<string>() : ["--cert-file", tls.ServerCertificate, "--key-file", tls.ServerKey, "--trusted-ca-file", tls.Ca, "--client-cert-auth"],
            .. arguments,
        ];
        Start();
    }

    public TestCertificates? Tls { get; }

    public string Directory { get; }

    public int Port { get; }

    public string Url { get; }

    /// <summary>How our client reaches it.</summary>
    public EtcdSettings Settings => SettingsFor(Url);

    /// <summary>The same server's certificates for other addresses.</summary>
    public EtcdSettings SettingsFor(params string[] urls) => EtcdSettings.Of(urls) with
    {
        CaFile = Tls?.Ca,
        CertFile = Tls?.ClientCertificate,
        KeyFile = Tls?.ClientKey,
    };

    /// <summary>Starts it (again), with the data it has.</summary>
    public void Start()
    {
        var start = new ProcessStartInfo("sh", ["-c", Keeper, "sh", .. _arguments]) { RedirectStandardInput = true };
        start.Environment["ETCD_LOG"] = $"{Directory}/log";
        _process = Process.Start(start)!;
    }

    /// <summary>Waits until it answers.</summary>
    public EtcdServer Ready()
    {
        for (var end = DateTime.UtcNow.AddSeconds(20); ;)
        {
            if (TryCtl("get", "/").ExitCode == 0)
                return this;
            Assert.True(DateTime.UtcNow < end, $"etcd does not come up:\n{File.ReadAllText($"{Directory}/log")}");
            Thread.Sleep(50);
        }
    }

    /// <summary>kill -9.</summary>
    public void Stop()
    {
        if (_process is not { } process)
            return;
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
        _process = null;
    }

    /// <summary>etcdctl …; what it prints.</summary>
    public string Ctl(params string[] arguments)
    {
        var result = TryCtl(arguments);
        Assert.True(result.ExitCode == 0, $"etcdctl {string.Join(' ', arguments)}: {result.Output}{result.Error}");
        return result.Output;
    }

    public ToolResult TryCtl(params string[] arguments) => TryCtl(input: null, arguments);

    private ToolResult TryCtl(byte[]? input, params string[] arguments)
    {
        var environment = new Dictionary<string, string> { ["PATH"] = Environment.GetEnvironmentVariable("PATH")!, ["ETCDCTL_API"] = "3", ["ETCDCTL_ENDPOINTS"] = Url };
        if (Tls is { } tls)
        {
            (environment["ETCDCTL_CACERT"], environment["ETCDCTL_CERT"], environment["ETCDCTL_KEY"]) = (tls.Ca, tls.ClientCertificate, tls.ClientKey);
        }

        string[] command = [.. _inside, "etcdctl", "--command-timeout=2s", .. arguments];
        return Tool.Try(command[0], command[1..], input, environment);
    }

    /// <summary>Puts a value as another program would.</summary>
    public void Put(string path, string value) => Ctl("put", "--", path, value);

    /// <summary>Puts up to 128 values in one transaction.</summary>
    public void PutAll(IEnumerable<(string Path, string Value)> pairs)
    {
        var puts = pairs.Select(pair => $"put {pair.Path} '{pair.Value}'\n");
        var result = TryCtl(Encoding.UTF8.GetBytes($"\n{string.Concat(puts)}\n\n"), "txn");
        Assert.True(result.ExitCode == 0, result.Error);
    }

    /// <summary>All that is below a path: path → value.</summary>
    public IReadOnlyDictionary<string, string> Dump(string prefix = "/calico/")
    {
        using var json = System.Text.Json.JsonDocument.Parse(Ctl("get", "--prefix", "-w", "json", prefix));
        return !json.RootElement.TryGetProperty("kvs", out var pairs) ? [] : pairs.EnumerateArray().ToDictionary(
            pair => Encoding.UTF8.GetString(pair.GetProperty("key").GetBytesFromBase64()),
            pair => pair.TryGetProperty("value", out var value) ? Encoding.UTF8.GetString(value.GetBytesFromBase64()) : "");
    }

    public void Dispose()
    {
        Stop();
        _process?.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    /// <summary>A port that nobody uses at the moment.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
