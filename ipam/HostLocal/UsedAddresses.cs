using System.Numerics;
using CniPlugins.Linux;
using CniPlugins.Net;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>A bit for every address that has a file: finds the next free one without asking the directory about each.</summary>
/// <remarks>
/// Kept in pages of 4 KiB, each for 32,768 neighbouring addresses and named by the first; a page that does not exist is all free. So it
/// does not depend on the configured ranges, and a /64 costs no more than what is used of it. Only a hint: link(2) has the last word.
/// </remarks>
internal sealed class UsedAddresses(string directory)
{
    private const int PageSize = 4096;
    private const int PerPage = PageSize * 8;
    private const uint FileMode = 0x180; // 0600

    private readonly Dictionary<IpAddress, byte[]> _pages = [];
    private readonly HashSet<IpAddress> _changed = [];

    /// <summary>The first address from one to another, both included, that has no file; null when all have.</summary>
    public IpAddress? NextFree(IpAddress from, IpAddress to)
    {
        while (true)
        {
            var first = PageOf(from);
            var bit = FreeBit(Page(first), (int)(from.Value - first.Value));
            if (bit < PerPage)
                return first.Plus((UInt128)bit) is var free && free <= to ? free : null;
            if (to.Value - first.Value < PerPage)
                return null;
            from = first.Plus(PerPage);
        }
    }

    /// <summary>Notes that an address has a file, or has none any more; on disk with <see cref="Save"/>.</summary>
    public void Set(IpAddress address, bool used)
    {
        var first = PageOf(address);
        var page = Page(first);
        var bit = (int)(address.Value - first.Value);
        var mask = (byte)(1 << (bit & 7));
        page[bit >> 3] = used ? (byte)(page[bit >> 3] | mask) : (byte)(page[bit >> 3] & ~mask);
        _changed.Add(first);
    }

    /// <summary>How many addresses from one to another have a file; the cost depends on what is used, not on the distance.</summary>
    public long Count(IpAddress from, IpAddress to)
    {
        var count = 0L;
        foreach (var first in Pages().Where(first => first.IsV6 == from.IsV6 && first <= to && first >= PageOf(from)))
        {
            var low = from > first ? (int)(from.Value - first.Value) : 0;
            var high = to.Value - first.Value < PerPage ? (int)(to.Value - first.Value) : PerPage - 1;
            count += CountBits(Page(first), low, high);
        }

        return count;
    }

    /// <summary>Forgets everything and notes these instead.</summary>
    public void Replace(IEnumerable<IpAddress> used)
    {
        foreach (var first in Pages())
            Page(first).AsSpan().Clear();
        _changed.UnionWith(_pages.Keys);
        foreach (var address in used)
            Set(address, used: true);
    }

    /// <summary>Writes the pages that changed; empty ones go.</summary>
    public void Save()
    {
        foreach (var first in _changed)
        {
            if (Page(first).AsSpan().ContainsAnyExcept((byte)0))
                DiskFile.Overwrite(PathOf(first), Page(first), FileMode);
            else
                DiskFile.Delete(PathOf(first));
        }

        _changed.Clear();
    }

    private IReadOnlyList<IpAddress> Pages() =>
        [.. _pages.Keys.Union(DiskFile.Names(directory).Select(name => IpAddress.TryParse(name, out var first) ? first : default).Where(first => first != default))];

    private static IpAddress PageOf(IpAddress address) =>
        address.IsV6 ? IpAddress.V6(address.Value & ~(UInt128)(PerPage - 1)) : IpAddress.V4((uint)address.Value & ~(uint)(PerPage - 1));

    private byte[] Page(IpAddress first)
    {
        if (_pages.TryGetValue(first, out var page))
            return page;
        page = new byte[PageSize];
        var bytes = DiskFile.Read(PathOf(first), OpenFlags.NoFollow) ?? [];
        bytes.AsSpan(0, Math.Min(bytes.Length, PageSize)).CopyTo(page);
        return _pages[first] = page;
    }

    private string PathOf(IpAddress first) => Path.Combine(directory, first.ToString());

    private static int FreeBit(ReadOnlySpan<byte> page, int from)
    {
        for (; from < PerPage && (from & 7) != 0; from++)
        {
            if ((page[from >> 3] & (1 << (from & 7))) == 0)
                return from;
        }

        var next = page[(from >> 3)..].IndexOfAnyExcept((byte)0xff);
        return next < 0 ? PerPage : (((from >> 3) + next) * 8) + BitOperations.TrailingZeroCount(~page[(from >> 3) + next]);
    }

    private static int CountBits(ReadOnlySpan<byte> page, int low, int high)
    {
        var count = 0;
        for (var bit = low; bit <= high; bit++)
            count += (page[bit >> 3] >> (bit & 7)) & 1;
        return count;
    }
}
