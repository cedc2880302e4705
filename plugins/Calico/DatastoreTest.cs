using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.CalicoIpam;

namespace CniPlugins.Calico;

/// <summary><c>calico -t</c>: whether the datastore that a configuration names answers and is not locked; for probes.</summary>
internal static class DatastoreTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>Throws code 100 when it does not.</summary>
    public static void Run(ReadOnlyMemory<byte> configuration)
    {
        try
        {
            using var stores = new OpenDatastores();
            var store = stores.Open(DatastoreChoice.Of(new OptionReader(NetConf.Parse(configuration).Root), CniEnvironment.Current.Variables));
            if (store.Find(new ClusterInformationKey(), Deadline.After(Limit))?.As<ClusterInformation>() is { IsReady: not true })
                throw new CniException("Calico is currently not ready to process requests");
        }
        catch (Exception e) when (e is CniException or ICodedException or ConfigException)
        {
            throw new CniException((CniErrorCode)100, "data store connection failed", e.Message, e);
        }
    }
}
