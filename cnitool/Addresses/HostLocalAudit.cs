using CniPlugins.Ipam.HostLocal;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Cnitool.Addresses;

/// <summary>What is wrong among host-local's files, seen from the attachments that live on this node.</summary>
internal sealed class HostLocalAudit(LeasePlace place, IReadOnlyList<RangeSet> sets, LivingAttachments living)
{
    public const string EmptyFile = "empty file";

    private readonly LeaseFiles _files = LeaseFiles.Scan(place);
    private readonly LeaseIndex _index = new(place, BootClock.BootId);
    private readonly Lazy<List<Link>> _veths = new(() =>
    {
        using var host = RouteSocket.OpenHere();
        return [.. host.Links("veth")];
    });

    /// <summary>By which a later call sees that an address still has the owner it had.</summary>
    public static string Fingerprint(Owner owner, LeaseRecord? record) => $"{owner} {record?.BootId} {record?.Created}";

    public IEnumerable<Problem> Problems() => [.. Taken(), .. Broken(), .. NotReserved()];

    /// <summary>Each reserved address: whose it is, and whether its place is among the ranges.</summary>
    private IEnumerable<Problem> Taken()
    {
        foreach (var (owner, names) in _files.ByOwner)
        {
            var record = _index.Find(owner);
            foreach (var name in names)
            {
                if (WhyLeaked(owner, record) is { } why)
                    yield return new Problem(Problem.LeakedAddress, name, $"reserved for {owner}, {why}") { IsReleasable = true, Fingerprint = Fingerprint(owner, record) };
                if (sets.Count > 0 && sets.All(set => set.RangeOf(IpAddress.Parse(name)) is null))
                    yield return new Problem("outside the ranges", name, $"reserved for {owner}, but the configuration's ranges do not have it (any more)");
            }
        }
    }

    /// <summary>Why an address is nobody's; null where it is somebody's, or where nobody can tell.</summary>
    private string? WhyLeaked(Owner owner, LeaseRecord? record)
    {
        if (living.Has(place.Network, owner.ContainerId, owner.IfName))
            return null;
        if (record is { BootId.Length: > 0, Netns.Length: > 0 })
        {
            var young = record.BootId == BootClock.BootId && BootClock.Nanoseconds - record.Created < living.Grace.Ticks * 100;
            return !Netns.IsGone(record.Netns) || young || HasLink(owner) ? null
                : $"whose namespace {record.Netns} is gone, and which the runtime does not know";
        }

        return living.AreKnown ? "which the runtime does not know" : null;
    }

    /// <summary>Whether the attachment's veth is on the host: the path of its namespace may be in another mount namespace.</summary>
    private bool HasLink(Owner owner) =>
        _veths.Value.Exists(link => Attachment.Liveness.IsLinkOf(link, new Attachment.Owner(place.Network, owner.IfName, owner.ContainerId).Hash));

    private IEnumerable<Problem> Broken()
    {
        foreach (var name in _files.Empty)
            yield return new Problem(EmptyFile, name, $"{place.PathOf(name)} names no owner, left by a crash or a full disk") { IsReleasable = true };
        var known = _files.ByOwner.Values.SelectMany(names => names).ToHashSet();
        foreach (var name in _files.Taken.Where(name => !known.Contains(name)))
            yield return new Problem("unreadable", name, $"{place.PathOf(name)} is no readable file: its address is never handed out; remove it by hand");
    }

    /// <summary>Attachments of this network whose addresses somebody else may get, or has already.</summary>
    private IEnumerable<Problem> NotReserved()
    {
        var owners = _files.ByOwner.SelectMany(entry => entry.Value.Select(name => (Name: name, entry.Key))).ToLookup(pair => pair.Name, pair => pair.Key);
        foreach (var (address, attachment) in living.Addresses(place.Network))
        {
            var owner = $"{attachment.ContainerId}/{attachment.IfName}";
            var name = address.ToString();
            if (sets.Count > 0 && sets.All(set => set.RangeOf(address) is null))
                continue; // another plugin's
            if (!owners.Contains(name))
                yield return new Problem("in use, not reserved", name, $"{owner} has it, and the next pod may get it too; recreate that pod");
            else if (owners[name].All(other => other.ContainerId != attachment.ContainerId))
                yield return new Problem("held twice", name, $"{owner} has it, but it is reserved for {string.Join(", ", owners[name])}; recreate one of them");
        }
    }
}
