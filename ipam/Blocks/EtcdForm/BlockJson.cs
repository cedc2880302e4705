using System.Globalization;
using System.Text.Json;
using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.EtcdForm;

/// <summary>Blocks as Calico's etcd datastore keeps them.</summary>
internal static class BlockJson
{
    private const string ClaimTime = "affinity_claim_time";

    /// <summary>Reads a block; in a resource of Kubernetes one member is called otherwise.</summary>
    public static Block Read(Cidr key, Members members, string claimTime = ClaimTime)
    {
        var cidr = members.OptionalText("cidr");
        if (cidr is not null && (!Cidr.TryParse(cidr, out var stored) || stored.Network != key))
            throw new FormatException($"cidr is \"{cidr}\", which is not its key's");
        var allocations = Numbers(members, "allocations", Block.Free);
        var size = key.Address.Bits - key.PrefixLength;
        if (size > 16 || allocations.Length != 1 << size)
            throw new FormatException($"allocations has {allocations.Length} entries, which is not the block's size");
        var affinity = members.OptionalText("affinity");
        var host = members.OptionalText("hostAffinity"); // before Calico 3.0
        var block = new Block(key)
        {
            Affinity = affinity ?? (host is null ? null : BlockOwner.Host(host).ToString()),
            ClaimedAt = members.Time(claimTime),
            Allocations = allocations,
            Unallocated = Numbers(members, "unallocated", none: null),
            Attributes = Attributes(members),
            SequenceNumber = members.LongNumber("sequenceNumber"),
            AllocatedAt = AllocatedAt(members),
        };
        _ = members.Flag("deleted");
        block = block with { Extra = members.Rest() };
        return block.Fault() is { } fault ? throw new FormatException(fault) : block;
    }

    public static void Write(Block block, JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("cidr", block.Cidr.ToString());
        if (block.Affinity is null)
            json.WriteNull("affinity");
        else
            json.WriteString("affinity", block.Affinity);
        if (block.ClaimedAt is { } claimed)
            json.WriteString(ClaimTime, GoTime.Rfc3339(claimed));
        WriteAddresses(block, json);
        json.WriteBoolean("deleted", false);
        EtcdJson.WriteRest(block.Extra, json);
        json.WriteEndObject();
    }

    /// <summary>Whose each address is, and in which order they were given out.</summary>
    public static void WriteAddresses(Block block, JsonWriter json)
    {
        json.WriteStartArray("allocations");
        foreach (var index in block.Allocations)
        {
            if (index == Block.Free)
                json.WriteRawValue("null");
            else
                json.WriteNumberValue(index);
        }

        json.WriteEndArray();
        json.WriteStartArray("unallocated");
        foreach (var ordinal in block.Unallocated)
            json.WriteNumberValue(ordinal);
        json.WriteEndArray();
        json.WriteStartArray("attributes");
        foreach (var attribution in block.Attributes)
            Write(attribution, json);
        json.WriteEndArray();
        json.WriteNumber("sequenceNumber", block.SequenceNumber);
        Write(block.AllocatedAt, json);
    }

    private static void Write(Attribution attribution, JsonWriter json)
    {
        json.WriteStartObject();
        if (attribution.HandleId is { } handle)
            json.WriteString("handle_id", handle);
        if (attribution.Owner is { Count: > 0 } owner)
            EtcdJson.WriteTexts("secondary", owner, json);
        if (attribution.AlternateOwner is { Count: > 0 } other)
            EtcdJson.WriteTexts("alternateOwnerAttrs", other, json);
        if (attribution.ReleasedAt is { } released)
            json.WriteString("releasedAt", GoTime.Rfc3339(released));
        EtcdJson.WriteRest(attribution.Extra, json);
        json.WriteEndObject();
    }

    private static void Write(IReadOnlyDictionary<int, ulong> allocatedAt, JsonWriter json)
    {
        var sorted = new SortedDictionary<string, ulong>(StringComparer.Ordinal); // as Go sorts a map: "10" before "2"
        foreach (var (ordinal, number) in allocatedAt)
            sorted[ordinal.ToString(CultureInfo.InvariantCulture)] = number;
        json.WriteStartObject("sequenceNumberForAllocation");
        foreach (var (ordinal, number) in sorted)
            json.WriteNumber(ordinal, number);
        json.WriteEndObject();
    }

    private static List<Attribution> Attributes(Members members)
    {
        if (members.Array("attributes") is not { } array)
            return [];
        var attributes = new List<Attribution>(array.GetArrayLength());
        foreach (var element in array.EnumerateArray())
        {
            var attribution = new Members(element, "attributes");
            var handle = attribution.OptionalText("handle_id");
            var owner = attribution.Texts("secondary");
            var other = attribution.Texts("alternateOwnerAttrs");
            var released = attribution.Time("releasedAt");
            attributes.Add(new Attribution(handle, owner) { AlternateOwner = other, ReleasedAt = released, Extra = attribution.Rest() });
        }

        return attributes;
    }

    private static Dictionary<int, ulong> AllocatedAt(Members members)
    {
        var numbers = new Dictionary<int, ulong>();
        if (members.Take("sequenceNumberForAllocation") is not { } value)
            return numbers;
        foreach (var member in new Members(value, "sequenceNumberForAllocation").Rest())
        {
            if (!int.TryParse(member.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal)
                || !ulong.TryParse(member.Json, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                throw new FormatException($"sequenceNumberForAllocation has \"{member.Name}\": {member.Json}, not an ordinal and a number");
            numbers[ordinal] = number;
        }

        return numbers;
    }

    private static int[] Numbers(Members members, string name, int? none)
    {
        if (members.Array(name) is not { } array)
            return [];
        var numbers = new int[array.GetArrayLength()];
        var i = 0;
        foreach (var element in array.EnumerateArray())
        {
            numbers[i++] = element.ValueKind == JsonValueKind.Null && none is { } instead ? instead
                : element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var number) && number >= 0 ? number
                : throw members.Wrong(element, name, "an index");
        }

        return numbers;
    }
}
