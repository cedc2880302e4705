namespace CniPlugins.Tests.Support;

/// <summary>A sandbox whose iptables is of one flavour; iptables-save is the judge.</summary>
internal sealed class IptablesHost : IDisposable
{
    private readonly bool _legacy;

    public IptablesHost(bool legacy)
    {
        _legacy = legacy;
        Host = new Sandbox();
        Assert.SkipUnless(Tool.Exists("iptables") && Tool.Exists("iptables-legacy"), "there is no iptables");
        if (!legacy)
            return;
        var reply = Tool.Try("nsenter", $"--net={Host.HostPath}", "ip6tables-legacy", "-t", "nat", "-S");
        Assert.SkipUnless(reply.ExitCode == 0, $"this kernel has no legacy iptables: {reply.Error}");
        Directory.CreateDirectory(Path.Combine(Host.Directory, "legacy"));
        foreach (var name in from prefix in new[] { "iptables", "ip6tables" } from verb in new[] { "", "-save", "-restore" } select $"{prefix}{verb}")
            File.CreateSymbolicLink(Path.Combine(Host.Directory, "legacy", name), "/usr/sbin/xtables-legacy-multi");
    }

    public Sandbox Host { get; }

    /// <summary>The PATH on which iptables is of this flavour.</summary>
    public string SearchPath => (_legacy ? $"{Path.Combine(Host.Directory, "legacy")}:" : "") + Environment.GetEnvironmentVariable("PATH");

    /// <summary>Ours, or Debian's plugins.</summary>
    public CniCall Call(bool upstream = false) => new(Host, upstream ? CniCall.UpstreamBin : null) { Variables = { ["PATH"] = SearchPath } };

    /// <summary>All of table nat in both families, in the order of chains; a table without anything of anybody's is as good as none.</summary>
    public string[] Saved() => [.. Saved("iptables"), .. Saved("ip6tables")];

    /// <summary>Reads rules as iptables-restore does.</summary>
    public void Restore(string prefix, string text)
    {
        var reply = Tool.Try(
            "nsenter", [$"--net={Host.HostPath}", Program($"{prefix}-restore"), "--noflush"], System.Text.Encoding.UTF8.GetBytes(text), environment: null);
        Assert.True(reply.ExitCode == 0, reply.Error);
    }

    public void Dispose() => Host.Dispose();

    private IEnumerable<string> Saved(string prefix) =>
        from line in Host.InHost(Program($"{prefix}-save"), "-t", "nat").Split('\n')
        where line.StartsWith("-A ", StringComparison.Ordinal) || (line.StartsWith(':') && line.Contains(" - ", StringComparison.Ordinal))
        orderby line.Split(' ')[0] == "-A" ? line.Split(' ')[1] : ""
        select $"{prefix} {line}";

    private string Program(string name) => _legacy ? name.Replace("tables-", "tables-legacy-", StringComparison.Ordinal) : name;
}
