using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Blocks.EtcdForm;

/// <summary>Affinities, handles and the settings: <c>{"state":"confirmed","deleted":false}</c> and the like.</summary>
internal static class AffinityJson
{
    public static BlockAffinity ReadAffinity(Members members)
    {
        _ = members.Flag("deleted"); // always false: etcd compares when it deletes
        return ReadState(members) with { Extra = members.Rest() };
    }

    /// <summary>The state alone.</summary>
    public static BlockAffinity ReadState(Members members)
    {
        var state = members.Text("state");
        return new BlockAffinity(
            state switch
            {
                "pending" => AffinityState.Pending,
                "confirmed" or "" => AffinityState.Confirmed,
                "pendingDeletion" => AffinityState.PendingDeletion,
                _ => throw new FormatException($"state is \"{state}\", not pending, confirmed or pendingDeletion"),
            },
            IsLegacy: state.Length == 0);
    }

    /// <summary>The state's word.</summary>
    public static string Word(AffinityState state) => state switch
    {
        AffinityState.Pending => "pending",
        AffinityState.PendingDeletion => "pendingDeletion",
        _ => "confirmed",
    };

    public static void Write(BlockAffinity affinity, JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("state", Word(affinity.State));
        json.WriteBoolean("deleted", false);
        EtcdJson.WriteRest(affinity.Extra, json);
        json.WriteEndObject();
    }

    public static BlockHandle ReadHandle(Members members)
    {
        var counts = new List<HandleCount>();
        if (members.Take("block") is { } blocks)
        {
            foreach (var property in new Members(blocks, "block").Rest())
            {
                if (!Cidr.TryParse(property.Name, out var block) || !int.TryParse(property.Json, out var count))
                    throw new FormatException($"block names \"{property.Name}\": {property.Json}, not a CIDR and a number");
                counts.Add(new HandleCount(block.Network, count));
            }
        }

        _ = members.Flag("deleted");
        return new BlockHandle(counts) { Extra = members.Rest() };
    }

    public static void Write(BlockHandle handle, JsonWriter json)
    {
        json.WriteStartObject();
        WriteCounts(handle, json);
        json.WriteBoolean("deleted", false);
        EtcdJson.WriteRest(handle.Extra, json);
        json.WriteEndObject();
    }

    /// <summary>How many addresses in which block, sorted as Go sorts a map.</summary>
    public static void WriteCounts(BlockHandle handle, JsonWriter json)
    {
        var sorted = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (block, count) in handle.Counts)
            sorted[block.ToString()] = count;
        json.WriteStartObject("block");
        foreach (var (block, count) in sorted)
            json.WriteNumber(block, count);
        json.WriteEndObject();
    }

    public static BlockSettings ReadSettings(Members members) => new()
    {
        StrictAffinity = members.Flag("strict_affinity"),
        AutoAllocateBlocks = members.Flag("auto_allocate_blocks"),
        MaxBlocksPerHost = members.Number("maxBlocksPerHost"),
        VmAddressPersistence = members.Text("kubeVirtVMAddressPersistence"),
        CooldownSeconds = members.Number("ipCooldownSeconds"),
        Extra = members.Rest(),
    };

    public static void Write(BlockSettings settings, JsonWriter json)
    {
        json.WriteStartObject();
        if (settings.StrictAffinity)
            json.WriteBoolean("strict_affinity", true);
        if (settings.AutoAllocateBlocks)
            json.WriteBoolean("auto_allocate_blocks", true);
        json.WriteUnlessZero("maxBlocksPerHost", settings.MaxBlocksPerHost);
        json.WriteUnlessEmpty("kubeVirtVMAddressPersistence", settings.VmAddressPersistence);
        json.WriteUnlessZero("ipCooldownSeconds", settings.CooldownSeconds);
        EtcdJson.WriteRest(settings.Extra, json);
        json.WriteEndObject();
    }
}
