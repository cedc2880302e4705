using System.Diagnostics;

namespace CniPlugins.Tests.Support;

/// <summary>A host of a FirewallLab's with Debian's firewalld, on a system bus of their own; the machine's are not touched.</summary>
internal sealed class FirewalldHost : IDisposable
{
    private const int Attempts = 3;

    private readonly FirewallLab _lab;
    private readonly Process _bus;
    private Process? _firewalld;

    public FirewalldHost(FirewallLab lab)
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/firewalld") && Tool.Exists("dbus-daemon"), "firewalld or dbus-daemon is not installed: run scripts/test.sh");
        _lab = lab;
        Address = $"unix:path={lab.Host.Directory}/bus";
        Tool.Run("chmod", "755", lab.Host.Directory);
        Tool.Run("cp", "-a", "/etc/firewalld", Configuration);
        _bus = Start("dbus-daemon", "--system", "--nofork", "--nopidfile", "--nosyslog", $"--address={Address}");
        Await(() => File.Exists($"{lab.Host.Directory}/bus"), "dbus-daemon does not start");
        StartFirewalld();
        lab.Firewall.Variables["DBUS_SYSTEM_BUS_ADDRESS"] = Address;
    }

    public string Address { get; }

    private string Configuration => $"{_lab.Host.Directory}/firewalld";

    /// <summary>firewall-cmd --zone=ZONE --list-sources, sorted.</summary>
    public string[] Sources(string zone = "trusted") =>
        [.. Command($"--zone={zone}", "--list-sources").Split(' ', '\n').Where(source => source.Length > 0).Order(StringComparer.Ordinal)];

    /// <summary>firewall-cmd …; once more when a busy machine's firewalld was too slow for its 25 s.</summary>
    public string Command(params string[] options)
    {
        string[] command = [$"DBUS_SYSTEM_BUS_ADDRESS={Address}", "firewall-cmd", .. options];
        for (var attempt = 1; ; attempt++)
        {
            var reply = Tool.Try("env", command);
            if (reply.ExitCode == 0)
                return reply.Output;
            Assert.True(attempt < Attempts && reply.Error.Contains("Did not receive a reply", StringComparison.Ordinal), reply.Output + reply.Error);
        }
    }

    public void StartFirewalld()
    {
        _firewalld = Start(
            "/usr/sbin/firewalld", "--nofork", "--nopid", $"--system-config={Configuration}", $"--log-file={_lab.Host.Directory}/firewalld.log");
        Await(() => Tool.Try("env", $"DBUS_SYSTEM_BUS_ADDRESS={Address}", "firewall-cmd", "--state").ExitCode == 0, "firewalld does not start");
    }

    public void StopFirewalld() => Stop(_firewalld!);

    public void StopBus() => Stop(_bus);

    /// <summary>Neither answers any more, nor goes away.</summary>
    public void FreezeFirewalld() => Tool.Run("kill", "-STOP", $"{_firewalld!.Id}");

    public void Dispose()
    {
        Stop(_firewalld!);
        Stop(_bus);
        _firewalld!.Dispose();
        _bus.Dispose();
    }

    private Process Start(params string[] command)
    {
        var start = new ProcessStartInfo("nsenter", [$"--net={_lab.Host.HostPath}", .. command]) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["DBUS_SYSTEM_BUS_ADDRESS"] = Address;
        var process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.OutputDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return process;
    }

    private static void Stop(Process process)
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
    }

    private static void Await(Func<bool> condition, string failure)
    {
        for (var attempt = 0; !condition(); attempt++)
        {
            Assert.True(attempt < 300, failure);
            Thread.Sleep(200);
        }
    }
}
