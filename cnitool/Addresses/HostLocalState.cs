using System.Globalization;
using CniPlugins.Cni;
using CniPlugins.Ipam.HostLocal;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool.Addresses;

/// <summary>host-local's files of one network: looked at without the lock, changed under it.</summary>
internal sealed class HostLocalState : IAddressState
{
    private readonly LeasePlace _place;
    private readonly IReadOnlyList<RangeSet> _sets;

    private HostLocalState(LeasePlace place, IReadOnlyList<RangeSet> sets)
    {
        _place = place;
        _sets = sets;
    }

    public string Description => $"host-local in {_place.Directory}";

    /// <summary>The state that a network's configuration leads to; throws what the plugin itself says about a wrong one.</summary>
    public static HostLocalState Of(NetworkList list, PluginConfig plugin)
    {
        var conf = NetConf.Parse(PluginRequest.ForStatus(list, plugin));
        var request = new StatusRequest(conf, new CniEnvironment(new Dictionary<string, string>()), new PluginHost(_ => null, ""));
        return new HostLocalState(LeasePlace.Of(request), HostLocalConfig.Read(request).RangeSets);
    }

    /// <summary>A directory without a configuration: what is taken is known, what is free is not.</summary>
    public static HostLocalState In(string dataDirectory, string network) => new(new LeasePlace(dataDirectory, network), []);

    public IReadOnlyList<Stock> Stocks(bool parts)
    {
        if (_sets.Count == 0)
            return [new Stock("directory", _place.Directory, (UInt128)Holdings().Count, 0)];
        return [.. new StateProbe(_place).Count(_sets).Select(counted =>
            new Stock("range set", counted.Set.ToString(), counted.Occupancy.Used, counted.Occupancy.Total) { Note = FileStatus.Of(_place.Directory) is null ? "never used" : "" })];
    }

    public IReadOnlyList<Holding> Holdings()
    {
        var index = new LeaseIndex(_place, BootClock.BootId);
        return [.. LeaseFiles.Scan(_place).ByOwner
            .SelectMany(entry => entry.Value.Select(name => new Holding(IpAddress.Parse(name), entry.Key.ToString(), Details(index.Find(entry.Key)))))
            .OrderBy(holding => holding.Address)];
    }

    public IReadOnlyList<Problem> Check(LivingAttachments living) => [.. new HostLocalAudit(_place, _sets, living).Problems()];

    public bool Release(IpAddress address)
    {
        using var leases = LeaseStore.Find(_place);
        if (leases?.OwnerOf(address.ToString()) is not { } owner)
            return false;
        Release(leases, owner, address.ToString());
        return true;
    }

    public bool Release(Problem problem)
    {
        using var leases = LeaseStore.Find(_place);
        if (leases is null)
            return false;
        if (problem.Kind == HostLocalAudit.EmptyFile)
        {
            if (leases.Debris([problem.Subject]).Count == 0)
                return false;
            leases.RemoveDebris(problem.Subject);
            leases.Commit();
            return true;
        }

        if (leases.OwnerOf(problem.Subject) is not { } owner || HostLocalAudit.Fingerprint(owner, leases.RecordOf(owner)) != problem.Fingerprint)
            return false;
        Release(leases, owner, problem.Subject);
        return true;
    }

    public void Dispose()
    {
    }

    /// <summary>Other addresses of the same owner stay, and stay known.</summary>
    private static void Release(LeaseStore leases, Owner owner, string file)
    {
        var record = leases.RecordOf(owner);
        var others = record?.Files.Where(name => name != file).ToList() ?? [];
        leases.Release(owner, [file], others.Count > 0 ? record! with { Files = others } : null);
        leases.Commit();
    }

    private static IReadOnlyList<KeyValuePair<string, string>> Details(LeaseRecord? record)
    {
        if (record is not { BootId.Length: > 0 })
            return [new("by", "another program (nothing more is known)")];
        var details = new List<KeyValuePair<string, string>>
        {
            new("netns", Netns.IsGone(record.Netns) ? $"{record.Netns} (gone)" : record.Netns),
        };
        if (record.BootId == BootClock.BootId)
            details.Add(new("age", Age(TimeSpan.FromMicroseconds((BootClock.Nanoseconds - record.Created) / 1000))));
        else
            details.Add(new("age", "from before the last reboot"));
        return details;
    }

    private static string Age(TimeSpan age) => age switch
    {
        { TotalDays: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{age.TotalDays:0} d"),
        { TotalHours: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{age.TotalHours:0} h"),
        { TotalMinutes: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{age.TotalMinutes:0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{age.TotalSeconds:0} s"),
    };
}
