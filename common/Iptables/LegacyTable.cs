using System.Runtime.InteropServices;
using System.Text;
using CniPlugins.Iptables.Uapi;
using CniPlugins.Linux;
using CniPlugins.Nftables;

namespace CniPlugins.Iptables;

/// <summary>A table of legacy iptables as the kernel has it, beside nf_tables and out of its sight.</summary>
internal static class LegacyTable
{
    // A table that changes while it is read (EAGAIN) is read again, but not for ever.
    private const int Attempts = 20;

    private const int NameSize = 32;    // XT_TABLE_MAXNAMELEN
    private const int EntriesStart = 40; // offsetof(struct ipt_get_entries, entrytable)

    /// <summary>Whether a table of legacy iptables in this namespace has a chain of this name; no program is run to find out.</summary>
    /// <remarks>
    /// Asking the kernel for a table makes one, so only one that /proc names is asked for. A user's chain begins with an entry that holds its name, and a
    /// name of ours with its digits stands nowhere else but in the rules' comments: those say owners, not chains.
    /// </remarks>
    public static bool HasChain(Family family, string table, string chain) => Mentions(family, table, $"{chain}\0");

    /// <summary>Whether anything in a table of legacy iptables has this text: a chain's name, or a rule that says it.</summary>
    public static bool Mentions(Family family, string table, string text) =>
        Names(family).Contains(table) && Entries(family, table) is { } entries && entries.AsSpan().IndexOf(Encoding.ASCII.GetBytes(text)) >= 0;

    /// <summary>Whether this namespace has a table of legacy iptables; even an empty one may drop what no rule decides.</summary>
    public static bool Exists(Family family, string table) => Names(family).Contains(table);

    /// <summary>cat /proc/net/ip_tables_names: none on a kernel without legacy iptables.</summary>
    private static string[] Names(Family family) =>
        DiskFile.Read($"/proc/thread-self/net/{(family is Family.Ip6 ? "ip6" : "ip")}_tables_names") is { } names
            ? Encoding.ASCII.GetString(names).Split('\n')
            : [];

    private static byte[]? Entries(Family family, string table)
    {
        var isV6 = family is Family.Ip6;
        using var socket = KernelSocket.OpenRaw(isV6);
        for (var attempt = 1; ; attempt++)
        {
            var info = new ipt_getinfo[1];
            var question = MemoryMarshal.AsBytes(info.AsSpan());
            Encoding.ASCII.GetBytes(table, question[..(NameSize - 1)]);
            var failure = socket.TryGet(isV6 ? (int)IP6T_SO.GET_INFO : (int)IPT_SO.GET_INFO, question);
            if (failure is Errno.ENOENT)
                return null;
            if (failure is not Errno.None)
                throw new LibcException(failure, $"read legacy iptables table {table}");

            // struct ipt_get_entries: the table's name, how many bytes follow, and those.
            var entries = new byte[EntriesStart + info[0].size];
            Encoding.ASCII.GetBytes(table, entries);
            BitConverter.TryWriteBytes(entries.AsSpan(NameSize), info[0].size);
            failure = socket.TryGet(isV6 ? (int)IP6T_SO.GET_ENTRIES : (int)IPT_SO.GET_ENTRIES, entries);
            if (failure is Errno.None)
                return entries;
            if (failure is not Errno.EAGAIN || attempt == Attempts)
                throw new LibcException(failure, $"read legacy iptables table {table}");
        }
    }
}
