using CniPlugins.Linux;
using CniPlugins.Nftables;

namespace CniPlugins.Iptables;

/// <summary>One of the programs of the package iptables, for one family: <c>iptables-restore</c>, <c>ip6tables-legacy-save</c>.</summary>
internal sealed record IptablesProgram
{
    // Runtimes may call plugins with a poor PATH.
    private static readonly string[] MoreDirectories = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin"];

    // What iptables itself reads from its environment.
    private static readonly string[] Variables = ["PATH", "XTABLES_LIBDIR", "XTABLES_LOCKFILE"];

    private IptablesProgram(string path) => Path = path;

    public string Path { get; }

    /// <summary>iptables-restore, ip6tables-restore, in whichever flavour this host has chosen.</summary>
    public static IptablesProgram Restore(Family family) => Require($"{Prefix(family)}-restore");

    /// <summary>iptables-save, ip6tables-save, in whichever flavour this host has chosen.</summary>
    public static IptablesProgram Save(Family family) => Require($"{Prefix(family)}-save");

    /// <summary>iptables-nft-restore; where there is no choice of flavours it has the plain name.</summary>
    public static IptablesProgram NftRestore(Family family) => Require($"{Prefix(family)}-nft-restore", $"{Prefix(family)}-restore");

    /// <summary>iptables-nft-save; where there is no choice of flavours it has the plain name.</summary>
    public static IptablesProgram NftSave(Family family) => Require($"{Prefix(family)}-nft-save", $"{Prefix(family)}-save");

    /// <summary>iptables-legacy-restore; where there is no choice of flavours it has the plain name.</summary>
    public static IptablesProgram LegacyRestore(Family family) => Require($"{Prefix(family)}-legacy-restore", $"{Prefix(family)}-restore");

    /// <summary>iptables-legacy-save; where there is no choice of flavours it has the plain name.</summary>
    public static IptablesProgram LegacySave(Family family) => Require($"{Prefix(family)}-legacy-save", $"{Prefix(family)}-save");

    /// <summary>Whether this host has the programs that a backend of iptables needs for a family.</summary>
    public static bool IsInstalled(Family family) => Find($"{Prefix(family)}-restore") is not null && Find($"{Prefix(family)}-save") is not null;

    /// <summary>Runs it to its end.</summary>
    public ChildProcess Run(IReadOnlyList<string> arguments, ReadOnlySpan<byte> input) => ChildProcess.Run(
        Path,
        arguments,
        [.. from name in Variables let value = Environment.GetEnvironmentVariable(name) where value is not null select $"{name}={value}"],
        input);

    private static string Prefix(Family family) => family is Family.Ip6 ? "ip6tables" : "iptables";

    private static IptablesProgram Require(params string[] names) =>
        names.Select(Find).OfType<IptablesProgram>().FirstOrDefault() ?? throw new IptablesException(
            $"failed to locate iptables: exec: \"{names[0]}\": executable file not found in $PATH",
            Errno.ENOENT,
            "install the package iptables, or leave the backend out: nftables needs no program");

    private static IptablesProgram? Find(string name) =>
        (from directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(MoreDirectories)
         where directory.StartsWith('/')
         let path = System.IO.Path.Combine(directory, name)
         where FileStatus.LeadsToExecutable(path)
         select new IptablesProgram(path)).FirstOrDefault();
}
