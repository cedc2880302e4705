using System.Text;
using CniPlugins.Nftables;

namespace CniPlugins.Iptables;

/// <summary>iptables-restore --noflush: changes of one table, all or none, by one program.</summary>
internal sealed class IptablesBatch(Family family, string table)
{
    /// <summary>How long the lock of legacy iptables is waited for: longer than its users hold it, shorter than a runtime's patience.</summary>
    private const int LockSeconds = 10;

    // xtables.h: enum xtables_exittype.
    private const int ResourceProblem = 4;

    private readonly StringBuilder _lines = new();

    public bool IsEmpty => _lines.Length == 0;

    /// <summary>-N CHAIN, or -F CHAIN when it is there: a chain that is declared begins empty.</summary>
    public IptablesBatch Declare(string chain) => Line($":{chain} - [0:0]");

    /// <summary>-N CHAIN: fails when there is one, for what is in a shared chain is others'.</summary>
    public IptablesBatch New(string chain) => Line($"-N {chain}");

    /// <summary>-A CHAIN …</summary>
    public IptablesBatch Append(IptablesRule rule) => Line($"-A {rule.Chain} {rule.Text}");

    /// <summary>-I CHAIN 1 …</summary>
    public IptablesBatch Insert(IptablesRule rule) => Line($"-I {rule.Chain} 1 {rule.Text}");

    /// <summary>-D CHAIN …: fails when there is no such rule.</summary>
    public IptablesBatch Delete(IptablesRule rule) => Line($"-D {rule.Chain} {rule.Text}");

    /// <summary>-F CHAIN, -X CHAIN: once nothing leads to it any more.</summary>
    public IptablesBatch Remove(string chain) => Line($"-F {chain}").Line($"-X {chain}");

    /// <summary>-X CHAIN: fails when there is still a rule in it or one that leads to it.</summary>
    public IptablesBatch RemoveEmpty(string chain) => Line($"-X {chain}");

    /// <summary>Makes the changes with the host's iptables; throws <see cref="TimeoutException"/> when its lock is held for too long.</summary>
    public void Commit()
    {
        if (!IsEmpty)
            Commit(IptablesProgram.Restore(family));
    }

    /// <summary>Makes the changes with a program of a certain flavour.</summary>
    public void Commit(IptablesProgram restore)
    {
        string[] arguments = ["--noflush", "--wait", $"{LockSeconds}"];
        var child = restore.Run(arguments, Encoding.UTF8.GetBytes(ToString()));
        if (child.ExitCode == 0)
            return;
        var error = Encoding.UTF8.GetString(child.Error).Trim();
        throw child.ExitCode == ResourceProblem && error.Contains("xtables lock", StringComparison.Ordinal)
            ? new TimeoutException($"the xtables lock is held by another program (waited {LockSeconds} s)")
            : Failure(restore, arguments, child.ExitCode, error);
    }

    /// <summary>What the program reads.</summary>
    public override string ToString() => $"*{table}\n{_lines}COMMIT\n";

    internal static IptablesException Failure(IptablesProgram program, IEnumerable<string> arguments, int exitCode, string error) =>
        new($"running [{program.Path} {string.Join(' ', arguments)}]: exit status {exitCode}: {error.ReplaceLineEndings(" ")}");

    private IptablesBatch Line(string line)
    {
        _lines.Append(line).Append('\n');
        return this;
    }
}
