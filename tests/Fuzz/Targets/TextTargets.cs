using System.Globalization;
using System.Net.Sockets;
using System.Text;
using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cnitool.Topology.Reading;
using CniPlugins.Ipam.Blocks.Selectors;
using CniPlugins.Ipam.CalicoIpam;
using CniPlugins.Ipam.HostLocal;
using CniPlugins.Iptables;
using CniPlugins.Net;
using CniPlugins.Traffic;
using CniPlugins.Tuning;

namespace CniPlugins.Fuzz.Targets;

/// <summary>Addresses, arguments, small languages, files of a line or two.</summary>
internal static class TextTargets
{
    private static readonly Dictionary<string, string> Labels = new() { ["zone"] = "west", ["a"] = "b", ["in"] = "" };

    public static IReadOnlyList<Target> List { get; } =
    [
        Text("address", "address", ReadAddress),
        Text("name", "args", ReadName) with { Share = 5 },
        Text("args", "args", ReadArgs, typeof(CniException)),
        Text("version", "args", text => CniVersion.Parse(text), typeof(CniException)) with { Share = 3 },
        Text("selector", "selector", text => Selector.Parse(text).Matches(Labels), typeof(FormatException)),
        Text("pattern", "pattern", text => Allowlist.Parse(text.Split('\n')[0]).RequireAll(["net/ipv4/conf/eth0/forwarding", ""]), typeof(CniException)) with { Share = 3 },
        Text("iptables", "iptables", ReadIptables),
        Text("lines", "text", ReadLines),
        Text("sysctl", "args", text => PodSysctl.Parse(KeyValuePair.Create(text, text), "eth0.1"), typeof(CniException)) with { Share = 3 },
        new("lease", Grammar.Text, "lease", ReadLease) { Share = 5 },
        new("record", Grammar.Json, "record", ReadRecord) { Share = 5 },
    ];

    private static Target Text(string name, string corpus, Action<string> read, params IReadOnlyList<Type> refusals) =>
        new(name, Grammar.Text, corpus, input => read(Encoding.UTF8.GetString(input)), refusals);

    /// <summary>What is read is written so that it reads the same, and the platform's reader agrees on what it means.</summary>
    private static void ReadAddress(string text)
    {
        if (IpAddress.TryParse(text, out var address))
        {
            ViolationException.Unless(IpAddress.TryParse(address.ToString(), out var again) && again == address, "an address is not read as it was written");
            ViolationException.Unless(IpAddress.FromBytes(address.ToBytes()) == address, "an address is not its bytes");
            var theirs = System.Net.IPAddress.Parse(text);
            var bytes = (theirs.IsIPv4MappedToIPv6 ? theirs.MapToIPv4() : theirs).GetAddressBytes();
            ViolationException.Unless(address.ToBytes().AsSpan().SequenceEqual(bytes), "an address means something else to the platform");
            ViolationException.Unless(address.IsV6 == (bytes.Length == 16 && theirs.AddressFamily == AddressFamily.InterNetworkV6), "an address has the wrong family");
        }

        if (Cidr.TryParse(text, out var cidr))
        {
            ViolationException.Unless(Cidr.TryParse(cidr.ToString(), out var again) && again == cidr, "a prefix is not read as it was written");
            ViolationException.Unless(cidr.Contains(cidr.First) && cidr.Contains(cidr.Last) && cidr.Contains(cidr.Address) && cidr.First <= cidr.Last, "a prefix does not contain itself");
        }

        if (MacAddress.TryParse(text, out var mac))
            ViolationException.Unless(MacAddress.TryParse(mac.ToString(), out var again) && again == mac && MacAddress.FromBytes(mac.ToBytes()) == mac, "a hardware address is not read as it was written");
    }

    /// <summary>A name that is accepted is safe in a path and in the kernel.</summary>
    private static void ReadName(string text)
    {
        if (IfName.TryParse(text, out _, out _) is { } name)
            ViolationException.Unless(Encoding.UTF8.GetByteCount(name.Value) is > 0 and < 16 && !name.Value.Contains('/', StringComparison.Ordinal), "an interface name the kernel would not take");
        if (ContainerId.IsSafe(text))
            ViolationException.Unless(Path.GetFileName(text) == text && text[0] != '.' && text.All(char.IsAscii), "a container ID that is no file name");
    }

    private static void ReadArgs(string text)
    {
        _ = PodIdentity.ParseTimestamp(text);
        _ = CniArgs.Parse(text, "MAC", "IP")["MAC"];
        _ = PodIdentity.Parse(text);
    }

    private static void ReadIptables(string text)
    {
        foreach (var rule in SavedTable.Parse(text).Rules)
        {
            ViolationException.Unless(!rule.Text.Contains('\n', StringComparison.Ordinal), "a rule of two lines");
            ViolationException.Unless(IptablesRule.Parse($"-A {Words.Quote([rule.Chain])} {rule.Text}") == rule, "a rule is not read as it was written");
            _ = rule.LeadsTo("x");
        }
    }

    private static void ReadLines(string text)
    {
        _ = ResolvConf.Parse(text);
        _ = PacketClock.Parse(text);
        _ = OwnerMark.Read(text);
        _ = Provenance.Read(Encoding.UTF8.GetBytes(text));
        if (BackupNote.Parse(text) is { } note)
            ViolationException.Unless(BackupNote.Parse(note.ToString()) == note && note.NetnsCookie.ToString(CultureInfo.InvariantCulture).Length > 0, "a note is not read as it was written");
    }

    private static void ReadLease(byte[] input)
    {
        if (Ipam.HostLocal.Owner.FromFile(input) is not { } owner)
            return;
        ViolationException.Unless(Ipam.HostLocal.Owner.FromFile(owner.ToFile()) == owner, "a reservation is not read as it was written");
        var name = LeaseRecord.NameFor(owner);
        ViolationException.Unless(Path.GetFileName(name) == name && name is not ("." or "..") && name.Length < 256 && name.All(char.IsAscii), "a record that is no file name");
    }

    private static void ReadRecord(byte[] input)
    {
        if (LeaseRecord.FromFile(input) is { } record)
            ViolationException.Unless(LeaseRecord.FromFile(record.ToFile()) is { } again && again.ToFile().AsSpan().SequenceEqual(record.ToFile()), "a record is not read as it was written");
    }
}
