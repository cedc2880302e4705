using System.Text;
using CniPlugins.Attachment;
using CniPlugins.Attachment.Tables;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Nftables;
using CniPlugins.Route;

namespace CniPlugins.Fuzz.Targets;

/// <summary>The sandbox that scripts/fuzz.sh made: what a pod leaves in it, and how it is emptied.</summary>
internal sealed class Host : IDisposable
{
    public const string PodPath = "/run/netns/fuzz";
    public const string State = "/run/fuzz/state";

    // The veth that the script made, for plugins that want a link to be there.
    private const string HostEnd = "vethfuzz";
    private const string PodEnd = "tun0";

    private static readonly MacAddress Mac = new(0x0200_0000_0f02);

    private static readonly string[] StateDirectories = [State, "/var/lib/cni", "/run/cni"];
    private static readonly Table[] Tables = [OwnTables.Inet, OwnTables.Bridge];

    // An index, and what a node keeps of block IPAM: its blocks, pools of the configuration. The handles tell whether a pod holds addresses.
    private static readonly string[] Lasting = ["/.index/", "/ipam/v2/assignment/", "/ipam/v2/host/", "/resources/v3/"];

    private readonly RouteSocket _host = RouteSocket.OpenHere();
    private readonly RouteSocket _pod;
    private readonly NftSocket _nft = NftSocket.OpenHere();

    public Host()
    {
        using var netns = Netns.Open(PodPath);
        _pod = RouteSocket.OpenIn(netns);
    }

    /// <summary>Links, the pod's addresses, elements, reservations. Not what outlives pods by design: bridges and their policies, empty tables, locks, the address given out last.</summary>
    public string Describe()
    {
        var text = new StringBuilder();
        foreach (var link in _host.Links().Where(link => link.Kind != "bridge"))
            text.AppendLine($"host {link.Name} {link.Kind} \"{link.Alias}\" {link.MasterIndex} {link.Mtu}");
        foreach (var link in _pod.Links())
            text.AppendLine($"pod {link.Name} {link.Kind} {link.IsUp} {link.Mac} {link.Mtu} {link.TxQueueLength} {link.IsPromiscuous} {string.Join(' ', link.Addresses().Where(a => a.Scope == 0).Select(a => a.Address))}");
        foreach (var table in Tables.Where(_nft.Has))
        {
            foreach (var element in _nft.Sets(table).Where(set => !set.Name.StartsWith("fw_", StringComparison.Ordinal) || set.Name.StartsWith("fw_pods", StringComparison.Ordinal)).SelectMany(_nft.Elements).Select(element => element.ToString()).Order(StringComparer.Ordinal))
                text.AppendLine(element);
        }

        foreach (var file in StateDirectories.Where(Directory.Exists).SelectMany(directory => Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(file);
            if (name is not ("lock" or "ipam.lock") && !name.StartsWith("last_reserved_ip.", StringComparison.Ordinal) && !Lasting.Any(part => file.Contains(part, StringComparison.Ordinal)))
                text.AppendLine($"{file} {new FileInfo(file).Length}");
        }

        return text.ToString();
    }

    /// <summary>Takes away whatever is not the script's.</summary>
    public void Reset()
    {
        foreach (var link in _host.Links().Where(link => link.Name != HostEnd && !link.IsLoopback))
            link.Delete();
        foreach (var link in _pod.Links().Where(link => link.Name != PodEnd && !link.IsLoopback))
            link.Delete();
        foreach (var link in _pod.Links())
        {
            if (link.Name == PodEnd)
                Restore(link);
            foreach (var address in link.Addresses().Where(address => address.Scope == 0))
                link.DeleteAddress(address.Address);
        }

        OwnTables.Remove();
        foreach (var directory in StateDirectories.Where(Directory.Exists))
            Directory.Delete(directory, recursive: true);
    }

    /// <summary>What tuning changes.</summary>
    private static void Restore(Link link)
    {
        link.SetMac(Mac);
        link.SetMtu(1500);
        link.SetTxQueueLength(1000);
        link.SetPromiscuous(false);
    }

    public void Dispose()
    {
        _host.Dispose();
        _pod.Dispose();
        _nft.Dispose();
    }
}
