using System.Text.Json;
using CniPlugins.Ipam.Blocks.EtcdForm;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.Datastores.Kubernetes;

/// <summary>An object as the API has it.</summary>
/// <param name="Entry">What it is to IPAM.</param>
/// <param name="IsDeleted">Half of a deletion: somebody has said <c>spec.deleted</c>, and the object itself is still to go.</param>
internal readonly record struct StoredObject(Entry Entry, bool IsDeleted);

/// <summary>Reads objects of the API; what makes no sense becomes an <see cref="Unreadable"/> that says why.</summary>
internal static class ResourceReader
{
    /// <summary>The object that was asked for by its name; null for one that only has the same name.</summary>
    public static StoredObject Read(Key key, JsonElement json)
    {
        var (value, isDeleted) = ReadValue(key, json);
        return new StoredObject(new Entry(key, value, RevisionOf(json).ToString()), isDeleted);
    }

    /// <summary>An object of a list; null when not even its key can be told.</summary>
    public static StoredObject? Read(Scope scope, JsonElement json) => KeyOf(scope, json) is { } key ? Read(key, json) : null;

    /// <summary>Which object it is, and as it was when: its UID and resourceVersion.</summary>
    public static Revision RevisionOf(JsonElement json)
    {
        var metadata = Child(json, "metadata");
        return new Revision(Text(metadata, "uid"), Text(metadata, "resourceVersion"));
    }

    private static (Resource Value, bool IsDeleted) ReadValue(Key key, JsonElement json)
    {
        try
        {
            var members = new Members(json, "");
            if (key is ClusterInformationKey)
                return (ResourceJson.ReadInformation(members), false);
            if (!ResourcePath.IsCustom(key))
                return (CoreObject.Read(key, members), false);
            if (key is PoolKey pool)
                return (PoolJson.Read(pool.Name, members), false);
            if (key is ReservationKey reservation)
                return (ResourceJson.ReadReservation(reservation.Name, members), false);
            var spec = members.Object("spec") ?? throw new FormatException("spec is missing");
            var isDeleted = IsTrue(spec.Take("deleted"));
            return (ReadSpec(key, spec), isDeleted);
        }
        catch (FormatException e)
        {
            return (new Unreadable(e.Message), false);
        }
    }

    private static Resource ReadSpec(Key key, Members spec)
    {
        switch (key)
        {
            case BlockKey block:
                _ = spec.Take("strictAffinity"); // of no meaning, but the schema wants it
                return BlockJson.Read(block.Cidr, spec, "affinityClaimTime");
            case AffinityKey affinity:
                RequireSame(affinity, Owner(spec.Text("type"), spec.Text("node")), spec.Text("cidr"));
                return AffinityJson.ReadState(spec) with { Extra = spec.Rest() };
            case HandleKey handle:
                var id = spec.Text("handleID");
                return id == handle.Id ? AffinityJson.ReadHandle(spec) : throw new FormatException($"it is that of handle {id}, which differs in case only");
            default:
                return ReadSettings(spec);
        }
    }

    private static BlockSettings ReadSettings(Members spec) => new()
    {
        StrictAffinity = spec.Flag("strictAffinity"),
        AutoAllocateBlocks = spec.Flag("autoAllocateBlocks"),
        MaxBlocksPerHost = spec.Number("maxBlocksPerHost"),
        VmAddressPersistence = spec.Text("kubeVirtVMAddressPersistence"),
        CooldownSeconds = spec.Number("ipCooldownSeconds"),
        Extra = spec.Rest(),
    };

    private static Key? KeyOf(Scope scope, JsonElement json)
    {
        var (name, spec) = (Text(Child(json, "metadata"), "name"), Child(json, "spec"));
        return scope switch
        {
            AllBlocks => Cidr.TryParse(Text(spec, "cidr"), out var cidr) ? new BlockKey(cidr.Network) : null,
            AffinitiesOf or AllAffinities => Cidr.TryParse(Text(spec, "cidr"), out var cidr) ? new AffinityKey(Owner(Text(spec, "type"), Text(spec, "node")), cidr.Network) : null,
            AllHandles => Text(spec, "handleID") is { Length: > 0 } id ? new HandleKey(id) : null,
            AllPools => new PoolKey(name),
            AllReservations => new ReservationKey(name),
            _ => new NodeKey(name),
        };
    }

    /// <summary>The type is not part of an affinity's name, and a long name is shortened: it may be another's.</summary>
    private static void RequireSame(AffinityKey key, BlockOwner owner, string cidr)
    {
        if (owner != key.Owner || !Cidr.TryParse(cidr, out var block) || block.Network != key.Cidr)
            throw new FormatException($"it is that of {owner} for {cidr}");
    }

    /// <summary>No type is a host: as versions before 3.30 wrote it.</summary>
    private static BlockOwner Owner(string type, string name) => new(type == "virtual" ? AffinityType.Virtual : AffinityType.Host, name);

    /// <summary>A boolean, or, in affinities of the older form, a text.</summary>
    private static bool IsTrue(JsonElement? deleted) =>
        deleted is { ValueKind: JsonValueKind.True } || (deleted is { ValueKind: JsonValueKind.String } text && text.ValueEquals("true"));

    private static JsonElement Child(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var child) ? child : default;

    private static string Text(JsonElement json, string name) => Child(json, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";
}
