using System.Collections;

namespace CniPlugins.Sequencing;

/// <summary>The few of LINQ's operators that plugins use, with LINQ's names and meanings.</summary>
/// <remarks>
/// System.Linq's Select is a virtual generic method, so native code gets every iterator once for each pair of element types in the program: 3.7 MB of 7.9, and
/// a megabyte more memory per call. net10's native AOT has a size-optimised LINQ; with it this room can go.
/// </remarks>
internal static partial class Sequence
{
    public static IEnumerable<TResult> Select<T, TResult>(this IEnumerable<T> source, Func<T, TResult> selector)
    {
        foreach (var item in source)
            yield return selector(item);
    }

    public static IEnumerable<TResult> Select<T, TResult>(this IEnumerable<T> source, Func<T, int, TResult> selector) =>
        source.Index().Select(item => selector(item.Item, item.Index));

    public static IEnumerable<T> Where<T>(this IEnumerable<T> source, Func<T, bool> predicate)
    {
        foreach (var item in source)
        {
            if (predicate(item))
                yield return item;
        }
    }

    public static IEnumerable<TResult> SelectMany<T, TResult>(this IEnumerable<T> source, Func<T, IEnumerable<TResult>> selector)
    {
        foreach (var item in source)
        {
            foreach (var inner in selector(item))
                yield return inner;
        }
    }

    /// <summary>What a query with two <c>from</c> becomes.</summary>
    public static IEnumerable<TResult> SelectMany<T, TInner, TResult>(
        this IEnumerable<T> source, Func<T, IEnumerable<TInner>> inner, Func<T, TInner, TResult> selector) =>
        source.SelectMany(item => inner(item).Select(each => selector(item, each)));

    public static IEnumerable<TResult> OfType<TResult>(this IEnumerable source)
    {
        foreach (var item in source)
        {
            if (item is TResult result)
                yield return result;
        }
    }

    public static IEnumerable<T> Concat<T>(this IEnumerable<T> first, IEnumerable<T> second)
    {
        foreach (var item in first)
            yield return item;
        foreach (var item in second)
            yield return item;
    }

    public static IEnumerable<T> Append<T>(this IEnumerable<T> source, T last)
    {
        foreach (var item in source)
            yield return item;
        yield return last;
    }

    public static IEnumerable<T> Skip<T>(this IEnumerable<T> source, int count)
    {
        foreach (var item in source)
        {
            if (count-- <= 0)
                yield return item;
        }
    }

    public static IEnumerable<T> Take<T>(this IEnumerable<T> source, int count)
    {
        if (count <= 0)
            yield break;
        foreach (var item in source)
        {
            yield return item;
            if (--count == 0)
                yield break;
        }
    }

    public static IEnumerable<T> Distinct<T>(this IEnumerable<T> source) => source.DistinctBy(item => item);

    public static IEnumerable<T> DistinctBy<T, TKey>(this IEnumerable<T> source, Func<T, TKey> key)
    {
        var seen = new HashSet<TKey>();
        foreach (var item in source)
        {
            if (seen.Add(key(item)))
                yield return item;
        }
    }

    public static IEnumerable<T> Union<T>(this IEnumerable<T> first, IEnumerable<T> second) => first.Concat(second).Distinct();

    public static IEnumerable<T> Except<T>(this IEnumerable<T> source, IEnumerable<T> without)
    {
        var seen = new HashSet<T>(without);
        foreach (var item in source)
        {
            if (seen.Add(item))
                yield return item;
        }
    }

    public static IEnumerable<T> Reverse<T>(this IReadOnlyList<T> source)
    {
        for (var i = source.Count - 1; i >= 0; i--)
            yield return source[i];
    }

    public static IEnumerable<(int Index, T Item)> Index<T>(this IEnumerable<T> source)
    {
        var index = 0;
        foreach (var item in source)
            yield return (index++, item);
    }

    public static IEnumerable<T[]> Chunk<T>(this IEnumerable<T> source, int size)
    {
        var chunk = new List<T>();
        foreach (var item in source)
        {
            chunk.Add(item);
            if (chunk.Count < size)
                continue;
            yield return chunk.ToArray();
            chunk.Clear();
        }

        if (chunk.Count > 0)
            yield return chunk.ToArray();
    }

    /// <summary>Sorted; what compares equal keeps its order.</summary>
    public static IEnumerable<T> OrderBy<T, TKey>(this IEnumerable<T> source, Func<T, TKey> key, IComparer<TKey>? comparer = null)
    {
        comparer ??= Comparer<TKey>.Default;
        var items = source.Index().ToList();
        items.Sort((a, b) => comparer.Compare(key(a.Item), key(b.Item)) is var order and not 0 ? order : a.Index.CompareTo(b.Index));
        return items.Select(item => item.Item);
    }

    public static IEnumerable<T> Order<T>(this IEnumerable<T> source, IComparer<T>? comparer = null) => source.OrderBy(item => item, comparer);

    /// <summary>Items with the same key together, in the order in which the keys first come.</summary>
    public static IEnumerable<Group<TKey, T>> GroupBy<T, TKey>(this IEnumerable<T> source, Func<T, TKey> key)
        where TKey : notnull
    {
        var groups = new List<Group<TKey, T>>();
        var byKey = new Dictionary<TKey, Group<TKey, T>>();
        foreach (var item in source)
        {
            if (!byKey.TryGetValue(key(item), out var group))
            {
                byKey[key(item)] = group = new Group<TKey, T>(key(item));
                groups.Add(group);
            }

            group.Add(item);
        }

        return groups;
    }

    public static Lookup<TKey, T> ToLookup<T, TKey>(this IEnumerable<T> source, Func<T, TKey> key)
        where TKey : notnull => new(source.GroupBy(key));
}

/// <summary>Items that share a key.</summary>
internal sealed class Group<TKey, T>(TKey key) : List<T>
{
    public TKey Key { get; } = key;
}

/// <summary>Items by key; none for a key that nobody has.</summary>
internal sealed class Lookup<TKey, T>(IEnumerable<Group<TKey, T>> groups)
    where TKey : notnull
{
    private readonly Dictionary<TKey, Group<TKey, T>> _groups = groups.ToDictionary(group => group.Key, group => group);

    public IReadOnlyList<T> this[TKey key] => _groups.TryGetValue(key, out var group) ? group : [];
}
