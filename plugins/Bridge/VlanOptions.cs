using CniPlugins.Cni.Options;

namespace CniPlugins.Bridge;

/// <summary>The VLANs of a port as a configuration names them: <c>vlan</c> and <c>vlanTrunk</c>.</summary>
internal static class VlanOptions
{
    private const int Max = 4094;

    /// <summary>The untagged VLAN; 0 is none.</summary>
    public static int ReadVlan(OptionReader options)
    {
        var vlan = options.Int("vlan", "The port's VLAN, untagged to the pod: 1 to 4094; 0 is none.");
        if (vlan is < 0 or > Max)
            options.Refuse("vlan", $"invalid VLAN ID {vlan} (must be between 0 and {Max})");
        return vlan;
    }

    /// <summary>The tagged VLANs of <c>[{"id": 5}, {"minID": 10, "maxID": 20}]</c>, each once, ascending; null when the key is absent.</summary>
    public static IReadOnlyList<int>? ReadTrunk(OptionReader options)
    {
        if (options.List("vlanTrunk", "The port's VLANs that are tagged to the pod.", ReadEntry, since: "1.3.0") is not { } entries)
            return null;
        var vlans = new SortedSet<int>();
        foreach (var entry in entries)
        {
            foreach (var vlan in entry)
                vlans.Add(vlan);
        }

        return [.. vlans];
    }

    private static List<int> ReadEntry(OptionReader entry)
    {
        var least = entry.IntOrNull("minID", "The first VLAN of a range: 1 to 4094.");
        var most = entry.IntOrNull("maxID", "The last VLAN of a range: 1 to 4094.");
        var id = entry.IntOrNull("id", "A single VLAN: 1 to 4094.");
        var vlans = new List<int>();
        if (least is null != most is null)
        {
            entry.Refuse("", $"minID and maxID should be configured simultaneously, {(least is null ? "minID" : "maxID")} is missing");
        }
        else if (least is { } low && most is { } high)
        {
            if (low is <= 0 or > Max)
                entry.Refuse("minID", "incorrect trunk minID parameter");
            else if (high is <= 0 or > Max)
                entry.Refuse("maxID", "incorrect trunk maxID parameter");
            else if (high < low)
                entry.Refuse("", "minID is greater than maxID in trunk parameter");
            for (var vlan = Math.Max(low, 1); vlan <= Math.Min(high, Max); vlan++)
                vlans.Add(vlan);
        }

        if (id is <= 0 or > Max)
            entry.Refuse("id", "incorrect trunk id parameter");
        if (id is { } single)
            vlans.Add(single);
        if (least is null && most is null && id is null && entry.IsSurvey)
            entry.Advise("", "names no VLAN: neither id nor minID and maxID");
        return vlans;
    }
}
