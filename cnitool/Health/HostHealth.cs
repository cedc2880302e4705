using System.Globalization;
using CniPlugins.Attachment;
using CniPlugins.Cnitool.Topology.Reading;
using CniPlugins.Linux;
using CniPlugins.Nftables;
using CniPlugins.Runtime;

namespace CniPlugins.Cnitool.Health;

/// <summary>What every network of the host needs, or suffers from.</summary>
internal static class HostHealth
{
    private const string Host = "host";
    private const double NearlyFull = 0.8;

    /// <summary>Looks at rights, directories, packet filters and connection tracking; changes nothing.</summary>
    public static IEnumerable<Diagnosis> Examine(IReadOnlyList<string> pluginDirectories)
    {
        if (Environment.UserName != "root")
        {
            yield return new Diagnosis(
                Severity.Error, Host, "only root sees the packet filter, the pods and their files", "run it as root");
        }

        foreach (var directory in pluginDirectories.Where(directory => !Directory.Exists(directory)))
            yield return new Diagnosis(Severity.Error, Host, $"the plugins' directory {directory} is not there", "scripts/install.sh, or CNI_PATH");
        if (DirectoryAccess.FindProblem(ResultCache.DefaultDirectory) is { } problem)
            yield return new Diagnosis(Severity.Error, Host, $"no state can be kept: {problem}", $"make {ResultCache.DefaultDirectory} writable");
        foreach (var diagnosis in PacketFilters().Concat(Connections()))
            yield return diagnosis;
    }

    private static IEnumerable<Diagnosis> PacketFilters()
    {
        using var nft = NftSocket.FindHere();
        if (nft is null)
        {
            yield return new Diagnosis(
                Severity.Error, Host, "this kernel has no nf_tables", "modprobe nf_tables, or \"ipMasqBackend\" and \"backend\": \"iptables\"");
            yield break;
        }

        if (ForwardDrop.Find(nft) is { } chain)
            yield return new Diagnosis(Severity.Error, Host, ForwardDrop.Describe(chain), ForwardDrop.Hint(chain));
        using var rules = new OwnedRules(nft);
        foreach (var lost in rules.MissingRules())
            yield return new Diagnosis(Severity.Error, Host, lost.Split(';')[0], "cnitool repair");
        var legacy = new[] { "ip_tables_names", "ip6_tables_names" }
            .Any(file => DiskFile.Read($"/proc/thread-self/net/{file}") is { Length: > 0 });
        if (legacy && nft.Has(new Table(Family.Ip, "filter")))
        {
            yield return new Diagnosis(
                Severity.Warning, Host, "iptables-legacy and iptables-nft both have rules here: each hides the other's",
                "iptables-legacy-save, then keep one of them (update-alternatives --config iptables)");
        }
    }

    /// <summary>A full table of connections drops new ones, of all pods.</summary>
    private static IEnumerable<Diagnosis> Connections()
    {
        if (Number("nf_conntrack_count") is { } count && Number("nf_conntrack_max") is { } max && max > 0 && count >= max * NearlyFull)
        {
            yield return new Diagnosis(
                Severity.Error, Host, string.Create(CultureInfo.InvariantCulture, $"{count} of {max} connections are tracked: new ones will be dropped"),
                string.Create(CultureInfo.InvariantCulture, $"sysctl -w net.netfilter.nf_conntrack_max={max * 2}"));
        }
    }

    private static long? Number(string name) =>
        long.TryParse(Sysctl.Read($"net/netfilter/{name}"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
