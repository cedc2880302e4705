using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Model;

/// <summary>A block of addresses and whose each is (Calico's IPAMBlock). Ordinal n is the block's first address plus n.</summary>
internal sealed record Block(Cidr Cidr) : Resource
{
    /// <summary>In <see cref="Allocations"/>: the ordinal is free.</summary>
    public const int Free = -1;

    /// <summary>The owner as text (<c>host:node-a</c>); null when nobody owns the block.</summary>
    public string? Affinity { get; init; }

    /// <summary>When it was claimed (3.32); null is long ago.</summary>
    public DateTimeOffset? ClaimedAt { get; init; }

    /// <summary>For each ordinal, an index into <see cref="Attributes"/>, or <see cref="Free"/>.</summary>
    public required int[] Allocations { get; init; }

    /// <summary>The free ordinals in the order in which they will be given out.</summary>
    public required int[] Unallocated { get; init; }

    public IReadOnlyList<Attribution> Attributes { get; init; } = [];

    /// <summary>Grows with every update; begins with the time of creation in ns, so that a block made anew never repeats a number.</summary>
    public ulong SequenceNumber { get; init; }

    /// <summary>For each allocated ordinal, the block's number before the update that allocated it.</summary>
    public IReadOnlyDictionary<int, ulong> AllocatedAt { get; init; } = new Dictionary<int, ulong>();

    /// <summary>How many addresses it has.</summary>
    public int Size => Allocations.Length;

    /// <summary>The address of an ordinal.</summary>
    public IpAddress AddressOf(int ordinal) => Cidr.First.Plus((UInt128)ordinal);

    /// <summary>The ordinal of an address; null for one that lies outside.</summary>
    public int? OrdinalOf(IpAddress address) => Cidr.Contains(address) ? (int)(address.Value - Cidr.First.Value) : null;

    /// <summary>What is wrong with it, or null: an allocation without attribution, a free ordinal that is taken, outside, twice there or forgotten.</summary>
    public string? Fault()
    {
        var free = 0;
        for (var ordinal = 0; ordinal < Size; ordinal++)
        {
            if (Allocations[ordinal] == Free)
                free++;
            else if (Allocations[ordinal] >= Attributes.Count)
                return $"ordinal {ordinal} has attributes {Allocations[ordinal]}, of which there are {Attributes.Count}";
        }

        var seen = new bool[Size];
        foreach (var ordinal in Unallocated)
        {
            if (ordinal >= Size || seen[ordinal] || Allocations[ordinal] != Free)
                return $"unallocated names ordinal {ordinal}, which is {(ordinal >= Size ? "none" : seen[ordinal] ? "there twice" : "allocated")}";
            seen[ordinal] = true;
        }

        return free == Unallocated.Length ? null : $"{free} ordinals have no allocation, but unallocated names {Unallocated.Length}";
    }
}
