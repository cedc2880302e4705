using System.Text;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;

namespace CniPlugins.Firewall;

/// <summary>A zone of firewalld: whose source is in it may send and be sent to, as the zone allows; <c>trusted</c> allows everything.</summary>
/// <remarks>
/// firewalld speaks D-Bus, and that costs (threads, a megabyte) what starts in a millisecond has not got: another executable of the suite does, and is
/// run where firewalld may be, and nowhere else.
/// </remarks>
internal sealed class FirewalldZone
{
    private const int Away = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    // Nobody can own a name of the system bus without a policy in one of these (dbus-daemon(1)): where there is none, nobody need be asked.
    private static readonly string[] Policies = ["/usr/share/dbus-1/system.d/FirewallD.conf", "/etc/dbus-1/system.d/FirewallD.conf"];

    private readonly string _zone;
    private readonly IReadOnlyList<string> _environment;

    private FirewalldZone(string zone, CniEnvironment environment)
    {
        _zone = zone;
        _environment = [.. environment.Variables.Select(variable => $"{variable.Key}={variable.Value}")];
    }

    /// <summary>For a network that asks for firewalld: the zone. For one that leaves the choice: the zone, if firewalld runs. Else null.</summary>
    public static FirewalldZone? For(Request request, FirewallConfig config)
    {
        var zone = new FirewalldZone(config.FirewalldZone, request.Environment);
        return config.Backend switch
        {
            FirewallBackend.Firewalld => zone,
            FirewallBackend.Auto when CanBeAsked && zone.IsRunning => zone,
            _ => null,
        };
    }

    /// <summary>For DEL and GC, whatever the configuration says by now: the zone, if firewalld may run; null where it cannot.</summary>
    public static FirewalldZone? ForRemoval(Request request, FirewallConfig config) =>
        config.Backend is FirewallBackend.Firewalld || CanBeAsked ? new FirewalldZone(config.FirewalldZone, request.Environment) : null;

    /// <summary>firewall-cmd --zone=ZONE --add-source=ADDRESS, for each; returns those that were not there before. All or nothing.</summary>
    public IReadOnlyList<IpAddress> Add(IReadOnlyList<IpAddress> addresses) => Ask("add", addresses);

    /// <summary>firewall-cmd --zone=ZONE --remove-source=ADDRESS, for each; what is not there, and a firewalld that is away, are no failures.</summary>
    public void Remove(IReadOnlyList<IpAddress> addresses) => Ask("remove", addresses);

    /// <summary>CHECK: a reload of firewalld forgets what is not in its files.</summary>
    public void Check(IReadOnlyList<IpAddress> addresses)
    {
        if (Ask("missing", addresses) is [var missing, ..])
            throw new CniException($"failed to find the address {missing} in {_zone} zone", "cnitool repair puts it back");
    }

    /// <summary>STATUS.</summary>
    public void RequireRunning()
    {
        if (!IsRunning)
            throw new CniException(CniErrorCode.PluginNotAvailable, "firewall: firewalld does not run", "systemctl status firewalld dbus");
    }

    /// <summary>Whether there is a bus, and firewalld is installed.</summary>
    private static bool MayRun =>
        Environment.GetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS") is not null
        || (FileStatus.Of("/run/dbus/system_bus_socket") is not null && Policies.Any(FileStatus.LeadsToRegular));

    private static string Executable => Path.Combine(Path.GetDirectoryName(SymbolicLink.Find("/proc/self/exe")) ?? "", "cni-node");

    private static bool CanBeAsked
    {
        get
        {
            if (!MayRun || FileStatus.LeadsToRegular(Executable))
                return MayRun;
            StandardError.WriteLine($"firewall: firewalld may run here, and {Executable}, which would ask it, is missing: scripts/install.sh");
            return false;
        }
    }

    private bool IsRunning
    {
        get
        {
            var child = Run(["running"]);
            if (child.ExitCode is 0 or Away)
                return child.ExitCode == 0;
            _ = DelegatedPlugin.Answer(child.ExitCode, child.Output, child.Error);
            return false;
        }
    }

    private List<IpAddress> Ask(string verb, IReadOnlyList<IpAddress> addresses)
    {
        if (addresses.Count == 0)
            return [];
        var child = Run([verb, _zone, .. addresses.Select(address => Cidr.Host(address).ToString())]);
        var output = Encoding.UTF8.GetString(DelegatedPlugin.Answer(child.ExitCode, child.Output, child.Error));
        return [.. output.Split('\n').Where(line => line.Length > 0).Select(line => Cidr.Parse(line).Address)];
    }

    private ChildProcess Run(IReadOnlyList<string> order)
    {
        try
        {
            return ChildProcess.Run(Executable, ["firewalld", .. order], _environment, [], Limit);
        }
        catch (LibcException e)
        {
            throw CniException.Because("firewalld cannot be asked", e, "cni-node belongs beside the plugins: scripts/install.sh");
        }
    }
}
