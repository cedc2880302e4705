using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>One call's datastore and log; whatever fails is logged with the answer that the runtime gets.</summary>
internal sealed class Session
{
    // Upstream's limits less where the kubelet would give up earlier.
    public static readonly TimeSpan ForAddresses = TimeSpan.FromSeconds(90);
    public static readonly TimeSpan ForPools = TimeSpan.FromSeconds(30);

    private Session(DatastoreChoice choice, ReadAheadDatastore store, CallLog log)
    {
        Choice = choice;
        Store = store;
        Log = log;
        Blocks = new BlockIpam(store, Clock.System);
    }

    public DatastoreChoice Choice { get; }

    public ReadAheadDatastore Store { get; }

    public BlockIpam Blocks { get; }

    public CallLog Log { get; }

    /// <summary>Does a call's work with the datastore that the configuration names.</summary>
    /// <param name="request">The call.</param>
    /// <param name="subject">What it is about, for the log.</param>
    /// <param name="stores">The process's datastores; null opens one for this call alone.</param>
    /// <param name="work">What is to be done.</param>
    public static T Run<T>(Request request, string subject, OpenDatastores? stores, Func<Session, T> work)
    {
        var log = CallLog.Of(request, "calico-ipam", subject);
        try
        {
            using var own = stores is null ? new OpenDatastores() : null;
            var choice = DatastoreChoice.Of(request);
            return work(new Session(choice, (stores ?? own!).Open(choice), log));
        }
        catch (Exception e) when (e is CniException or DatastoreException or IpamException or Linux.LibcException or ConfigException)
        {
            log.Error(e.Message);
            throw;
        }
    }
}
