using System.Text;
using CniPlugins.Ipam.Blocks;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Inspection;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Ipam.CalicoIpam;

namespace CniPlugins.Cnitool.Addresses;

/// <summary>What is wrong in a datastore: what contradicts itself, whoever's it is; and what nobody uses, of this node, whose runtime can be asked.</summary>
internal sealed class BlockAudit
{
    /// <summary>Of these, whatever the datastore has too much goes without harm.</summary>
    private static readonly ProblemKind[] Releasable = [ProblemKind.LeakedHandle, ProblemKind.OverCount, ProblemKind.AffinityWithoutBlock, ProblemKind.StaleAffinity];

    private readonly CheckReport _report;
    private readonly IReadOnlyDictionary<Key, string> _revisions;
    private readonly IReadOnlyList<IpPool> _pools;
    private readonly string _network;
    private readonly string _node;
    private readonly LivingAttachments _living;

    public BlockAudit(IDatastore store, string network, string node, LivingAttachments living, Deadline deadline)
    {
        _report = new BlockIpam(store).Check(deadline);
        var keys = _report.Problems.Where(problem => Releasable.Contains(problem.Kind)).Select(problem => problem.Key).Distinct().ToList();
        _revisions = keys.Count == 0 ? new Dictionary<Key, string>()
            : store.Read([.. keys], deadline).SelectMany(answer => answer).ToDictionary(entry => entry.Key, entry => entry.Revision);
        _pools = [.. store.List(new AllPools(), deadline).Select(entry => entry.Value).OfType<IpPool>()];
        (_network, _node, _living) = (network, node, living);
    }

    /// <summary>Seen by which an address is still held as it was.</summary>
    public static string Fingerprint(AddressHolder held) => $"{held.Holder.HandleId} {held.SequenceNumber}";

    public IEnumerable<Problem> Problems() => [.. _report.Problems.Select(Contradiction), .. Leaked(), .. InUse()];

    /// <summary>A problem's name for people: StaleAffinity is a stale affinity.</summary>
    public static string NameOf(ProblemKind kind)
    {
        var words = new StringBuilder();
        foreach (var letter in kind.ToString())
            _ = char.IsAsciiLetterUpper(letter) && words.Length > 0 ? words.Append(' ').Append(char.ToLowerInvariant(letter)) : words.Append(char.ToLowerInvariant(letter));
        return words.ToString();
    }

    private Problem Contradiction(Ipam.Blocks.Inspection.Problem problem)
    {
        var addresses = problem.Addresses.Count == 0 ? "" : $" ({string.Join(", ", problem.Addresses)})";
        return new Problem(NameOf(problem.Kind), problem.Key.ToString(), problem.Text + addresses)
        {
            IsReleasable = _revisions.ContainsKey(problem.Key) && Releasable.Contains(problem.Kind),
            Fingerprint = _revisions.GetValueOrDefault(problem.Key, ""),
        };
    }

    /// <summary>Addresses of this node's pods that its runtime does not know (any more).</summary>
    private IEnumerable<Problem> Leaked()
    {
        foreach (var held in _report.Holders)
        {
            if (!_living.AreKnown || held.Holder.HandleId is not { } handle || !IsPodHere(held) || IsYoung(held) || _living.HasHandle(handle))
                continue;
            var pod = held.Holder.Owner!.TryGetValue("pod", out var name) ? $" (pod {held.Holder.Owner.GetValueOrDefault("namespace", "")}/{name})" : "";
            yield return new Problem(Problem.LeakedAddress, held.Address.ToString(), $"held by {handle}{pod}, which the runtime of this node ({_node}) does not know")
            {
                IsReleasable = true,
                Fingerprint = Fingerprint(held),
            };
        }
    }

    /// <summary>A pod of the network in question on this node: not a tunnel's address, not a virtual machine's that moves between nodes.</summary>
    private bool IsPodHere(AddressHolder held) =>
        held.Holder is { ReleasedAt: null, Owner: { } owner } && held.Node == _node && !owner.ContainsKey("type") && !owner.ContainsKey("vmi-name")
        && (_network.Length == 0 || held.Holder.HandleId!.StartsWith($"{_network}.", StringComparison.Ordinal));

    /// <summary>Whether an ADD may still be under way; a time that lies ahead (somebody has set the clock) says nothing.</summary>
    private bool IsYoung(AddressHolder held) =>
        PodIdentity.ParseTimestamp(held.Holder.Owner!.GetValueOrDefault("timestamp", "")) is { } since
        && DateTimeOffset.UtcNow - since is var age && age >= TimeSpan.Zero && age < _living.Grace;

    /// <summary>Addresses that this node's pods use, and the datastore would give, or has given, to another.</summary>
    private IEnumerable<Problem> InUse()
    {
        if (_network.Length == 0)
            yield break;
        var holders = _report.Holders.ToLookup(held => held.Address, held => Attribution.Clean(held.Holder.HandleId) ?? "nobody");
        foreach (var (address, attachment) in _living.Addresses(_network).Where(use => _pools.Any(pool => pool.Cidr.Contains(use.Address))))
        {
            var (user, others) = ($"{attachment.ContainerId}/{attachment.IfName}", holders[address].Where(handle => handle != $"{_network}.{attachment.ContainerId}").ToList());
            if (!holders.Contains(address))
                yield return new Problem("in use, not reserved", address.ToString(), $"{user} has it, and the next pod may get it too; recreate that pod");
            else if (others.Count > 0)
                yield return new Problem("held twice", address.ToString(), $"{user} has it, but it is reserved for {string.Join(", ", others)}; recreate one of them");
        }
    }
}
