namespace CniPlugins.Ipam.HostLocal;

/// <summary>How full a range set is; a gateway among its addresses counts as used, as nobody else can have it.</summary>
internal readonly record struct Occupancy(UInt128 Used, UInt128 Total)
{
    public bool IsFull => Used >= Total;

    public static Occupancy Of(RangeSet set, UsedAddresses used)
    {
        var count = UInt128.Zero;
        foreach (var range in set.Ranges)
        {
            count += (UInt128)used.Count(range.Start, range.End);
            if (range.Contains(range.Gateway) && used.NextFree(range.Gateway, range.Gateway) is not null)
                count++;
        }

        return new Occupancy(count, set.Size);
    }

    /// <summary>The numbers, and who has held addresses of the set for longest: leaks are among those.</summary>
    public string Explain(RangeSet set, IEnumerable<LeaseRecord> records)
    {
        var oldest = records.Where(record => Leftovers.Has(record, set)).OrderBy(record => record.Created).Take(3)
            .Select(record => $"{record.Owner} ({string.Join(", ", record.Files)})").ToList();
        return oldest.Count == 0 ? ToString() : $"{this}; held longest by {string.Join(", ", oldest)}";
    }

    public override string ToString() => $"{Used} of {Total} addresses used";
}
