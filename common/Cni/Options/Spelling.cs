namespace CniPlugins.Cni.Options;

/// <summary>The known key that is one or two letters away: most unknown keys are misspelt ones.</summary>
internal static class Spelling
{
    private const int Near = 2;

    public static string Suggest(string key, IEnumerable<string> known)
    {
        var nearest = known.OrderBy(word => Distance(key, word)).FirstOrDefault();
        return nearest is not null && Distance(key, nearest) <= Near ? $"; did you mean \"{nearest}\"?" : "";
    }

    /// <summary>Levenshtein's: letters to insert, delete or replace.</summary>
    private static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0]++;
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replace, Math.Min(row[j - 1], diagonal) + 1);
            }
        }

        return row[b.Length];
    }
}
