using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>One call's datastore and log; whatever fails is logged with the answer that the runtime gets.</summary>
internal sealed class Session : IDisposable
{
    // Upstream's limits (cni-calico-ipam.md 7), less where the kubelet would give up earlier.
    public static readonly TimeSpan ForAddresses = TimeSpan.FromSeconds(90);
    public static readonly TimeSpan ForPools = TimeSpan.FromSeconds(30);

    private Session(IDatastore store, CallLog log)
    {
        Store = store;
        Log = log;
        Blocks = new BlockIpam(store, Clock.System);
    }

    public IDatastore Store { get; }

    public BlockIpam Blocks { get; }

    public CallLog Log { get; }

    /// <summary>Does a call's work with the datastore that the configuration names.</summary>
    public static T Run<T>(Request request, string subject, Func<Session, T> work)
    {
        var log = new CallLog(LogOf(request), subject);
        try
        {
            using var session = new Session(DatastoreChoice.Of(request).Open(), log);
            return work(session);
        }
        catch (Exception e) when (e is CniException or DatastoreException or IpamException or Linux.LibcException or ConfigException)
        {
            log.Error(e.Message);
            throw;
        }
    }

    public void Dispose() => (Store as IDisposable)?.Dispose();

    /// <summary>A log that is configured wrong must not keep addresses from being released.</summary>
    private static LogSettings LogOf(Request request)
    {
        try
        {
            return LogSettings.Read(new OptionReader(request.Conf.Root));
        }
        catch (ConfigException) when (request is DelRequest or GcRequest)
        {
            return new LogSettings();
        }
    }
}
