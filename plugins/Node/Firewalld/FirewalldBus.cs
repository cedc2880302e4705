using System.Threading.Tasks;
using CniPlugins.Cni;
using Tmds.DBus.Protocol;

namespace CniPlugins.Node.Firewalld;

/// <summary>firewalld on the system bus: the sources of its zones, as long as it runs (firewall-cmd without --permanent).</summary>
internal sealed class FirewalldBus : IDisposable
{
    private const string Name = "org.fedoraproject.FirewallD1";
    private const string Path = "/org/fedoraproject/FirewallD1";
    private const string Zone = "org.fedoraproject.FirewallD1.zone";

    // It answers when it is done with what it was asked before; a reload of thousands of rules takes seconds.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    // No zone has the source, another one has it, there is no such zone.
    private static readonly string[] Nowhere = ["UNKNOWN_SOURCE", "ZONE_CONFLICT", "INVALID_ZONE"];

    private readonly DBusConnection _bus;

    private FirewalldBus(DBusConnection bus) => _bus = bus;

    /// <summary>Connects to DBUS_SYSTEM_BUS_ADDRESS or the usual socket; throws <see cref="FirewalldAwayException"/> when nobody is there.</summary>
    public static FirewalldBus Open()
    {
        var bus = new DBusConnection(DBusAddress.System ?? throw new FirewalldAwayException("there is no address of the system bus"));
        try
        {
            Await(bus.ConnectAsync().AsTask(), "connect to the system bus");
            var opened = new FirewalldBus(bus);
            return opened.IsOwned() ? opened : throw new FirewalldAwayException($"nobody owns {Name} on the system bus: firewalld does not run");
        }
        catch (DBusConnectionException e)
        {
            bus.Dispose();
            throw new FirewalldAwayException($"failed to connect to the system bus: {e.Message}", e);
        }
        catch
        {
            bus.Dispose();
            throw;
        }
    }

    /// <summary>firewall-cmd --zone=ZONE --add-source=SOURCE; false when the zone has it.</summary>
    public bool Add(string zone, string source) => Try("addSource", zone, source, ["ZONE_ALREADY_SET"], $"failed to add the address {source} to {zone} zone");

    /// <summary>firewall-cmd --zone=ZONE --remove-source=SOURCE; false when the zone does not have it.</summary>
    public bool Remove(string zone, string source) =>
        Try("removeSource", zone, source, Nowhere, $"failed to remove the address {source} from {zone} zone");

    /// <summary>firewall-cmd --zone=ZONE --query-source=SOURCE.</summary>
    public bool Has(string zone, string source)
    {
        try
        {
            return Await(
                _bus.CallMethodAsync(Call(Name, Path, Zone, "querySource", zone, source), static (message, _) => message.GetBodyReader().ReadBool()),
                "querySource");
        }
        catch (DBusErrorReplyException e)
        {
            throw new CniException($"failed to find the address {source} in {zone} zone: {e.ErrorMessage}");
        }
    }

    public void Dispose() => _bus.Dispose();

    private bool IsOwned() => Await(
        _bus.CallMethodAsync(
            Call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner", Name),
            static (message, _) => message.GetBodyReader().ReadBool()),
        "NameHasOwner");

    /// <summary>A change; false when firewalld says that it need not be made.</summary>
    private bool Try(string method, string zone, string source, IEnumerable<string> unneeded, string what)
    {
        try
        {
            Await(_bus.CallMethodAsync(Call(Name, Path, Zone, method, zone, source)), method);
            return true;
        }
        catch (DBusErrorReplyException e) when (unneeded.Any(reason => e.ErrorMessage.StartsWith(reason, StringComparison.Ordinal)))
        {
            return false;
        }
        catch (DBusErrorReplyException e)
        {
            throw new CniException($"{what}: {e.ErrorMessage}", $"firewall-cmd --zone={zone} --list-sources");
        }
    }

    /// <summary>A call with texts; nobody is started for its sake.</summary>
    private MessageBuffer Call(string service, string path, string @interface, string method, params ReadOnlySpan<string> texts)
    {
        using var writer = _bus.GetMessageWriter();
        writer.WriteMethodCallHeader(service, path, @interface, method, new string('s', texts.Length), MessageFlags.NoAutoStart);
        foreach (var text in texts)
            writer.WriteString(text);
        return writer.CreateMessage();
    }

    private static void Await(Task task, string what)
    {
        if (!((IAsyncResult)task).AsyncWaitHandle.WaitOne(Limit))
            throw new TimeoutException($"firewalld has not answered {what} within {Limit.TotalSeconds:0} s");
        task.GetAwaiter().GetResult();
    }

    private static T Await<T>(Task<T> task, string what)
    {
        Await((Task)task, what);
        return task.GetAwaiter().GetResult();
    }
}
