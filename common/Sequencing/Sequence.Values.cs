using System.Numerics;

namespace CniPlugins.Sequencing;

/// <summary>Operators that end a sequence in one value or in a collection.</summary>
internal static partial class Sequence
{
    public static List<T> ToList<T>(this IEnumerable<T> source) => new(source);

    public static HashSet<T> ToHashSet<T>(this IEnumerable<T> source) => new(source);

    public static Dictionary<TKey, TValue> ToDictionary<T, TKey, TValue>(this IEnumerable<T> source, Func<T, TKey> key, Func<T, TValue> value)
        where TKey : notnull
    {
        var dictionary = new Dictionary<TKey, TValue>();
        foreach (var item in source)
            dictionary.Add(key(item), value(item));
        return dictionary;
    }

    public static bool Any<T>(this IEnumerable<T> source) => source.Any(_ => true);

    public static bool Any<T>(this IEnumerable<T> source, Func<T, bool> predicate)
    {
        foreach (var item in source)
        {
            if (predicate(item))
                return true;
        }

        return false;
    }

    public static bool All<T>(this IEnumerable<T> source, Func<T, bool> predicate) => !source.Any(item => !predicate(item));

    public static bool Contains<T>(this IEnumerable<T> source, T wanted) =>
        source.Any(item => EqualityComparer<T>.Default.Equals(item, wanted));

    public static int Count<T>(this IEnumerable<T> source) => source.Count(_ => true);

    public static int Count<T>(this IEnumerable<T> source, Func<T, bool> predicate)
    {
        var count = 0;
        foreach (var item in source)
        {
            if (predicate(item))
                count++;
        }

        return count;
    }

    public static T? FirstOrDefault<T>(this IEnumerable<T> source) => source.FirstOrDefault(_ => true);

    public static T? FirstOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate)
    {
        foreach (var item in source)
        {
            if (predicate(item))
                return item;
        }

        return default;
    }

    public static T? LastOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate, T? absent = default)
    {
        var last = absent;
        foreach (var item in source)
        {
            if (predicate(item))
                last = item;
        }

        return last;
    }

    /// <summary>The largest item, or null of none.</summary>
    public static T? Max<T>(this IEnumerable<T> source)
        where T : class, IComparable<T> => source.Aggregate(default(T), (largest, item) => largest is null || item.CompareTo(largest) > 0 ? item : largest);

    public static TSum Sum<T, TSum>(this IEnumerable<T> source, Func<T, TSum> selector)
        where TSum : INumberBase<TSum> => source.Aggregate(TSum.Zero, (sum, item) => sum + selector(item));

    public static TResult Aggregate<T, TResult>(this IEnumerable<T> source, TResult seed, Func<TResult, T, TResult> step)
    {
        var result = seed;
        foreach (var item in source)
            result = step(result, item);
        return result;
    }

    public static bool SequenceEqual<T>(this IEnumerable<T> first, IEnumerable<T> second)
    {
        using var other = second.GetEnumerator();
        foreach (var item in first)
        {
            if (!other.MoveNext() || !EqualityComparer<T>.Default.Equals(item, other.Current))
                return false;
        }

        return !other.MoveNext();
    }
}
