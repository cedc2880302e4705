using CniPlugins.Cni;
using CniPlugins.Cni.Options;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>The range sets of a configuration: <c>runtimeConfig.ipRanges</c>, <c>subnet</c> with what belongs to it, <c>ranges</c>.</summary>
internal static class RangeOptions
{
    /// <summary>Reads them, and requires that they get along with each other.</summary>
    public static IReadOnlyList<RangeSet> Read(OptionReader options, OptionReader ipam)
    {
        var given = options.Section("runtimeConfig").Lists("ipRanges", "Further sets, as `ipam.ranges`; they come first.");
        var own = ipam.Lists("ranges", "Range sets: lists of ranges of one family, each a pool of which the pod gets an address.");
        IReadOnlyList<OptionList> written =
        [
            .. given ?? [],
            .. ipam.Has("subnet") ? [new OptionList(ipam, [ipam])] : Array.Empty<OptionList>(),
            .. own ?? [],
        ];
        AddressRange.Declare(ipam);
        if (written.Count == 0 && own is not null && !(ipam.IsSurvey && options.Offers("ipRanges")))
            ipam.Refuse("", "no IP ranges specified", "ipam needs a subnet or ranges");
        var (sets, places) = (new List<RangeSet>(), new List<OptionReader>());
        for (var i = 0; i < written.Count; i++)
        {
            if (Read(written[i], i) is not { } set)
                continue;
            sets.Add(set);
            places.Add(written[i].Whole);
        }

        if ((sets.Count(set => set.IsV6) > 1 || sets.Count(set => !set.IsV6) > 1) && options.Version < CniVersion.V030)
            options.Refuse("", $"CNI version {options.Version} does not support more than 1 address per family");
        RequireApart(sets, places);
        return sets;
    }

    private static RangeSet? Read(OptionList set, int index)
    {
        try
        {
            return RangeSet.Read(set);
        }
        catch (CniException e)
        {
            throw CniException.Because($"invalid range set {index}", e);
        }
    }

    private static void RequireApart(List<RangeSet> sets, List<OptionReader> places)
    {
        for (var i = 0; i < sets.Count; i++)
        {
            for (var j = i + 1; j < sets.Count; j++)
            {
                if (sets[i].Overlaps(sets[j]))
                    places[j].Refuse("", $"range set {i} overlaps with {j}", places[i].Path);
            }
        }
    }
}
