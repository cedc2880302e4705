using System.Globalization;

namespace CniPlugins.Bench;

/// <summary>How many system calls were made, and how many programs started.</summary>
internal readonly record struct Effort(int Calls, int Programs)
{
    public static Effort operator +(Effort a, Effort b) => new(a.Calls + b.Calls, a.Programs + b.Programs);

    /// <summary>strace -c -U calls,errors,name: a line for each system call; the errors' column is empty where there were none.</summary>
    public static Effort Read(IEnumerable<string> report)
    {
        var effort = default(Effort);
        foreach (var words in report.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            if (words.Length is not (2 or 3) || !int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var calls) || words[^1] == "total")
                continue;
            var failed = words.Length == 3 ? int.Parse(words[1], CultureInfo.InvariantCulture) : 0;
            effort += new Effort(calls, words[^1] == "execve" ? calls - failed : 0);
        }

        return effort;
    }
}
