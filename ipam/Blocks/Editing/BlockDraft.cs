using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.Blocks.Pools;

namespace CniPlugins.Ipam.Blocks.Editing;

/// <summary>A block while it is changed: a copy, which becomes a block again with the next sequence number.</summary>
internal sealed class BlockDraft
{
    private readonly Block _block;
    private readonly int[] _allocations;
    private readonly List<int> _unallocated;
    private readonly List<Attribution> _attributes;
    private readonly Dictionary<int, ulong> _allocatedAt;
    private readonly DateTimeOffset _now;
    private readonly int _cooldown;

    /// <summary>A copy, in which addresses that have rested long enough are free already (upstream's collection on load).</summary>
    /// <param name="block">The block as it is stored.</param>
    /// <param name="now">The time.</param>
    /// <param name="cooldown">How long a released address rests, in seconds; 0 and less is not at all.</param>
    public BlockDraft(Block block, DateTimeOffset now, int cooldown)
    {
        _block = block;
        _allocations = (int[])block.Allocations.Clone();
        _unallocated = new List<int>(block.Unallocated);
        _attributes = new List<Attribution>(block.Attributes);
        _allocatedAt = new Dictionary<int, ulong>(block.AllocatedAt);
        _now = now;
        _cooldown = cooldown;
        Collect();
    }

    /// <summary>Whether the copy differs from the stored block, be it by what was collected only.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>Whether no address is allocated; those that a Windows node keeps for itself do not count.</summary>
    public bool IsEmpty
    {
        get
        {
            foreach (var index in _allocations)
            {
                if (index != Block.Free && !string.Equals(_attributes[index].HandleId, Attribution.WindowsReserved, StringComparison.OrdinalIgnoreCase))
                    return false;
            }

            return true;
        }
    }

    /// <summary>How many addresses can be given out.</summary>
    public int CountFree(ReservedRanges reserved)
    {
        if (reserved.IsEmpty)
            return _unallocated.Count;
        var free = 0;
        foreach (var ordinal in _unallocated)
            free += reserved.Contains(_block.AddressOf(ordinal)) ? 0 : 1;
        return free;
    }

    /// <summary>Whose an address is; null when it is free or resting.</summary>
    public Attribution? OwnerOf(int ordinal) =>
        _allocations[ordinal] != Block.Free && _attributes[_allocations[ordinal]] is { ReleasedAt: null } owner ? owner : null;

    /// <summary>Whether the address can be given out; one that rests cannot.</summary>
    public bool IsFree(int ordinal) => _allocations[ordinal] == Block.Free;

    /// <summary>The ordinals of a handle, ascending.</summary>
    public List<int> OrdinalsOf(string handle)
    {
        var ordinals = new List<int>();
        for (var ordinal = 0; ordinal < _allocations.Length; ordinal++)
        {
            if (OwnerOf(ordinal) is { HandleId: { } id } && Attribution.Clean(id) == handle)
                ordinals.Add(ordinal);
        }

        return ordinals;
    }

    /// <summary>Gives out up to so many addresses: those that are free for the longest time, except reserved ones, which keep their turn.</summary>
    public List<int> Assign(int count, Attribution owner, ReservedRanges reserved)
    {
        var taken = new List<int>(Math.Min(count, _unallocated.Count));
        for (var i = 0; i < _unallocated.Count && taken.Count < count;)
        {
            if (!reserved.IsEmpty && reserved.Contains(_block.AddressOf(_unallocated[i])))
            {
                i++;
                continue;
            }

            taken.Add(_unallocated[i]);
            _unallocated.RemoveAt(i);
        }

        foreach (var ordinal in taken)
            Allocate(ordinal, owner);
        return taken;
    }

    /// <summary>Gives out one address that is free.</summary>
    public void AssignExactly(int ordinal, Attribution owner)
    {
        _unallocated.Remove(ordinal);
        Allocate(ordinal, owner);
    }

    /// <summary>Takes addresses back: at once, behind all others that are free, or after they have rested.</summary>
    public void Release(IReadOnlyList<int> ordinals)
    {
        if (ordinals.Count == 0)
            return;
        if (_cooldown > 0)
        {
            _attributes.Add(new Attribution(null) { ReleasedAt = _now });
            foreach (var ordinal in ordinals)
            {
                _allocations[ordinal] = _attributes.Count - 1;
                _allocatedAt[ordinal] = _block.SequenceNumber;
            }
        }
        else
        {
            foreach (var ordinal in ordinals)
                Free(ordinal);
        }

        DropUnused();
        IsChanged = true;
    }

    /// <summary>The block as it will be stored.</summary>
    public Block ToBlock() => _block with
    {
        Allocations = _allocations,
        Unallocated = _unallocated.ToArray(),
        Attributes = _attributes,
        AllocatedAt = _allocatedAt,
        SequenceNumber = unchecked(_block.SequenceNumber + 1),
    };

    private void Allocate(int ordinal, Attribution owner)
    {
        var index = _attributes.IndexOf(owner);
        if (index < 0)
        {
            index = _attributes.Count;
            _attributes.Add(owner);
        }

        _allocations[ordinal] = index;
        _allocatedAt[ordinal] = _block.SequenceNumber;
        IsChanged = true;
    }

    private void Free(int ordinal)
    {
        _allocations[ordinal] = Block.Free;
        _unallocated.Add(ordinal);
        _allocatedAt.Remove(ordinal);
        IsChanged = true;
    }

    private void Collect()
    {
        var before = _now.AddSeconds(-Math.Max(0, _cooldown));
        for (var ordinal = 0; ordinal < _allocations.Length; ordinal++)
        {
            if (_allocations[ordinal] != Block.Free && _attributes[_allocations[ordinal]].ReleasedAt is { } released && (_cooldown <= 0 || released < before))
                Free(ordinal);
        }

        DropUnused();
    }

    /// <summary>Drops attributes that nothing refers to, and numbers the others anew.</summary>
    private void DropUnused()
    {
        Span<int> moved = _attributes.Count <= 256 ? stackalloc int[_attributes.Count] : new int[_attributes.Count];
        moved.Clear();
        foreach (var index in _allocations)
        {
            if (index != Block.Free)
                moved[index] = 1;
        }

        var kept = 0;
        for (var i = 0; i < moved.Length; i++)
        {
            if (moved[i] == 0)
                continue;
            _attributes[kept] = _attributes[i];
            moved[i] = kept++;
        }

        if (kept == _attributes.Count)
            return;
        _attributes.RemoveRange(kept, _attributes.Count - kept);
        for (var ordinal = 0; ordinal < _allocations.Length; ordinal++)
        {
            if (_allocations[ordinal] != Block.Free)
                _allocations[ordinal] = moved[_allocations[ordinal]];
        }

        IsChanged = true;
    }
}
