using CniPlugins.Linux;
using CniPlugins.Net;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>Reservations that outlived their boot: the machine went down before anybody could say DEL.</summary>
internal static class Leftovers
{
    /// <summary>Whether a reservation is of another boot and its namespace is gone; what somebody else reserved never is one.</summary>
    public static bool IsLeftover(LeaseRecord? record, string bootId) =>
        record is { BootId.Length: > 0, Netns.Length: > 0 } && bootId.Length > 0 && record.BootId != bootId && Netns.IsGone(record.Netns);

    /// <summary>Frees a range set's leftovers; false when there were none.</summary>
    public static bool Reclaim(LeaseStore leases, RangeSet set)
    {
        var leftovers = leases.Records().Where(record => Has(record, set) && IsLeftover(record, leases.BootId)).ToList();
        foreach (var record in leftovers)
        {
            leases.Release(record.Owner, leases.FilesOf(record.Owner));
            StandardError.WriteLine($"host-local: {string.Join(", ", record.Files)} of {record.Owner} was reserved before the last reboot and is free again");
        }

        return leftovers.Count > 0;
    }

    public static bool Has(LeaseRecord record, RangeSet set) =>
        record.Files.Any(file => IpAddress.TryParse(file, out var address) && set.RangeOf(address) is not null);
}
