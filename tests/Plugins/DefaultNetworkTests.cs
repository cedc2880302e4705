using System.Text.Json;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>The networks that podman, containerd, CRI-O, kind and k3s bring with them, where Debian has them, through cnitool.</summary>
public sealed class DefaultNetworkTests : IDisposable
{
    private const string Ports = """{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]}""";

    private readonly Machine _machine = new();

    [Theory]
    [InlineData("87-podman-bridge.conflist", "podman", true, true, "/usr/lib/cni")]
    [InlineData("10-containerd-net.conflist", "containerd-net", true, true, "/opt/cni/bin")]
    [InlineData("100-crio-bridge.conflist", "crio", true, false, "/opt/cni/bin")]
    [InlineData("10-kindnet.conflist", "kindnet", false, true, "/opt/cni/bin")]
    [InlineData("10-flannel-delegate.conflist", "cbr0", false, true, "/opt/cni/bin")]
    public void A_runtimes_own_network_works_and_leaves_nothing(string file, string network, bool masquerades, bool mapsPorts, string path)
    {
        Assert.SkipUnless(Directory.Exists(path) || path != "/usr/lib/cni", "there is no /usr/lib/cni to put the plugins over: package containernetworking-plugins");
        _machine.AddNetwork(file, RuntimeNetwork.Default(file));
        foreach (var pod in (string[])["warm", "one", "two"])
            _machine.Run("ip", "netns", "add", pod);
        Add(path, network, "warm", Ports);
        Cnitool(path, Ports, "del", network, "warm");
        var before = _machine.Traces();

        var (one, two) = (Add(path, network, "one", Ports), Add(path, network, "two"));
        foreach (var (own, other) in one.Zip(two))
        {
            var (world, host) = own.Contains(':', StringComparison.Ordinal) ? ("2001:db8::2", "2001:db8::1") : ("192.0.2.2", "192.0.2.1");
            if (!masquerades)
                Tool.Run("ip", "-n", Path.GetFileName(_machine.RemotePath), "route", "add", own, "via", host);
            foreach (var target in (string[])[other, host, world])
                Assert.True(Pings("one", target), _machine.Diagnosis($"{own} does not reach {target}"));
        }

        if (mapsPorts)
        {
            using var server = _machine.Begin("ip", "netns", "exec", "one", "busybox", "nc", "-ll", "-p", "80", "-e", "echo", "hello");
            _machine.Until(() => Answers("192.0.2.1"), "the host port does not answer");
            Cnitool(path, Ports, "del", network, "one");
            Assert.False(Answers("192.0.2.1"));
            server.Kill();
            Add(path, network, "one");
        }

        if (RuntimeNetwork.Default(file).Contains("0.3.1", StringComparison.Ordinal))
            Assert.Contains("does not support the CHECK command", _machine.Try(Command(path, "", "check", network, "one")).Error, StringComparison.Ordinal);
        else
            Cnitool(path, "", "check", network, "one");

        Cnitool(path, "", "del", network, "one");
        Cnitool(path, "", "del", network, "one");
        Assert.True(Pings("two", masquerades ? "192.0.2.2" : "192.0.2.1"), _machine.Diagnosis("the other pod has lost its network"));
        _machine.Run([.. Command(path, "", "gc", network, ""), "--all", "--yes"]);
        _machine.UntilOnly(before);
    }

    [Fact]
    public void CRI_Os_loopback_comes_up_and_goes()
    {
        _machine.AddNetwork("200-loopback.conflist", RuntimeNetwork.Default("200-loopback.conflist"));
        _machine.Run("ip", "netns", "add", "one");
        foreach (var (verb, address) in new[] { ("add", "127.0.0.1"), ("check", "127.0.0.1"), ("del", "") })
        {
            _machine.Run([.. Command("/opt/cni/bin", "", verb, "loopback", "one"), "--ifname", "lo"]);
            Assert.Contains(address, _machine.Run("ip", "-n", "one", "addr", "show", "dev", "lo"), StringComparison.Ordinal);
        }

        Assert.DoesNotContain("LOWER_UP", _machine.Run("ip", "-n", "one", "link", "show", "dev", "lo"), StringComparison.Ordinal);
    }

    public void Dispose() => _machine.Dispose();

    private static string[] Command(string path, string ports, string verb, string network, string pod) =>
        ["env", $"CNI_PATH={path}", $"CAP_ARGS={ports}", "/opt/cni/bin/cnitool", verb, network, .. pod.Length == 0 ? (string[])[] : [$"/run/netns/{pod}"]];

    private string Cnitool(string path, string ports, string verb, string network, string pod) => _machine.Run(Command(path, ports, verb, network, pod));

    /// <summary>ADD; the pod's addresses without their prefixes.</summary>
    private string[] Add(string path, string network, string pod, string ports = "") =>
    [
        .. JsonDocument.Parse(Cnitool(path, ports, "add", network, pod)).RootElement.GetProperty("ips").EnumerateArray()
            .Select(ip => ip.GetProperty("address").GetString()!.Split('/')[0]),
    ];

    /// <summary>Whether one comes back within four seconds: on a busy machine the first may be lost to a neighbour's silence.</summary>
    private bool Pings(string pod, string address) => _machine.Try("ip", "netns", "exec", pod, "ping", "-c1", "-i0.4", "-w4", address).ExitCode == 0;

    private bool Answers(string host) =>
        Tool.Try("nsenter", $"--net={_machine.RemotePath}", "busybox", "nc", "-w", "2", host, "8080").Output.StartsWith("hello", StringComparison.Ordinal);
}
