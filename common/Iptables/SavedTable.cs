using System.Text;
using CniPlugins.Nftables;

namespace CniPlugins.Iptables;

/// <summary>iptables-save -t TABLE: the chains and rules of one table.</summary>
internal sealed class SavedTable
{
    private readonly HashSet<string> _chains = [];
    private readonly List<IptablesRule> _rules = [];
    private readonly HashSet<IptablesRule> _known = [];

    private SavedTable() { }

    /// <summary>A table in which there is nothing, for those who know without asking.</summary>
    public static SavedTable Empty => new();

    public IReadOnlyCollection<string> Chains => _chains;

    public IReadOnlyList<IptablesRule> Rules => _rules;

    public static SavedTable Read(Family family, string table) => Read(IptablesProgram.Save(family), table);

    public static SavedTable Read(IptablesProgram save, string table)
    {
        string[] arguments = ["-t", table];
        var child = save.Run(arguments, []);
        return child.ExitCode == 0
            ? Parse(Encoding.UTF8.GetString(child.Output))
            : throw IptablesBatch.Failure(save, arguments, child.ExitCode, Encoding.UTF8.GetString(child.Error).Trim());
    }

    public static SavedTable Parse(string text)
    {
        var table = new SavedTable();
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith(':'))
                table._chains.Add(line[1..].Split(' ')[0]);
            else if (IptablesRule.Parse(line) is { } rule)
            {
                table._rules.Add(rule);
                table._known.Add(rule);
            }
        }

        return table;
    }

    public bool Has(string chain) => _chains.Contains(chain);

    public bool Has(IptablesRule rule) => _known.Contains(rule);
}
