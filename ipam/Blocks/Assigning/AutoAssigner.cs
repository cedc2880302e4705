using CniPlugins.Ipam.Blocks.Claiming;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Handles;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.Assigning;

/// <summary>Gives out addresses of the host's own blocks, then of blocks it claims, then of other hosts' (upstream: AutoAssign).</summary>
internal sealed class AutoAssigner(IDatastore store, Clock clock)
{
    /// <summary>IPv4 completely, then IPv6; an error ends the request, and what was assigned until then is in the outcome.</summary>
    public AssignOutcome Assign(AssignRequest request, Deadline deadline)
    {
        var outcome = new AssignOutcome { V4 = new FamilyOutcome(false, request.Count4), V6 = new FamilyOutcome(true, request.Count6) };
        try
        {
            if (request.Use.Length == 0)
                throw new IpamException(IpamFailure.Invalid, "must specify the intended use when assigning an IP");
            var view = ClusterView.Read(store, request, deadline);
            if (view.Node is null && !request.NodeMayBeMissing)
                throw new IpamException(IpamFailure.NoNode, $"node {request.Host} does not exist in the datastore");
            var claims = new Claims(store, clock, deadline);
            var counter = request.Handle is null ? null : new HandleCounter(store, clock, request.Handle);
            if (request.Count4 > 0)
                new FamilyAssigner(store, clock, request, view, claims, counter, outcome.V4, isV6: false, deadline).Run();
            if (request.Count6 > 0)
                new FamilyAssigner(store, clock, request, view, claims, counter, outcome.V6, isV6: true, deadline).Run();
        }
        catch (Exception e) when (e is DatastoreException or IpamException)
        {
            outcome.Error = e;
        }

        return outcome;
    }
}
