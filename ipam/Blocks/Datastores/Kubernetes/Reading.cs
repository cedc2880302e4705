using System.Text.Json;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Kubernetes;
using CniPlugins.Linux;

namespace CniPlugins.Ipam.Blocks.Datastores.Kubernetes;

/// <summary>One question on its way: an object, or a list that comes page by page.</summary>
internal sealed class Reading(Query query, ApiGroup group)
{
    private const int PageSize = 500;

    private readonly string _path = query is Key key ? ResourcePath.Of(key, group) : $"{ResourcePath.CollectionOf(query, group)}?{SelectorOf(query)}";
    private string _continue = "";
    private bool _isWhole; // the pages could not be had, so everything is asked for at once

    /// <summary>What was found so far; deleted ones included.</summary>
    public List<StoredObject> Found { get; } = [];

    public bool IsDone { get; private set; }

    /// <summary>The server has no such kind at all.</summary>
    public bool LacksKind { get; private set; }

    /// <summary>What to ask next.</summary>
    public ApiRequest Next => query is Key ? ApiRequest.Get(_path) with { WantsMetadataOnly = query is NodeKey or NamespaceKey }
        : ApiRequest.Get(_isWhole ? _path : _continue.Length == 0 ? $"{_path}limit={PageSize}" : $"{_path}limit={PageSize}&continue={Uri.EscapeDataString(_continue)}");

    /// <summary>Takes an answer in.</summary>
    public void Take(ApiReply reply)
    {
        if (reply.Status == 410 && query is Scope && _continue.Length > 0)
        {
            // The pages that are left are of a past that the server has forgotten.
            Found.Clear();
            (_continue, _isWhole) = ("", true);
            return;
        }

        IsDone = true;
        if (reply.Status == 404)
        {
            LacksKind = ResourcePath.IsCustom(query) && ApiStatus.Read(reply).ObjectName.Length == 0;
            return;
        }

        if (!reply.IsSuccess)
            throw new DatastoreException(DatastoreFailure.Refused, $"read {query} in Kubernetes: {reply.Status} {ApiStatus.Read(reply).Message}");
        try
        {
            using var document = JsonDocument.Parse(reply.Body);
            if (query is Key key)
                Found.Add(ResourceReader.Read(key, document.RootElement));
            else
                TakePage((Scope)query, document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new DatastoreException(DatastoreFailure.Refused, $"read {query} in Kubernetes: the answer is not the API's: {e.Message}", e, "does the server address name an API server?");
        }
    }

    /// <summary>What the question is really about: lists are of both families and types, and labels may be anybody's.</summary>
    public IReadOnlyList<Entry> Entries()
    {
        var entries = new List<Entry>(Found.Count);
        foreach (var found in Found)
        {
            if (!found.IsDeleted && Fits(found.Entry.Key))
                entries.Add(found.Entry);
        }

        return entries;
    }

    private void TakePage(Scope scope, JsonElement list)
    {
        foreach (var item in list.GetProperty("items").EnumerateArray())
        {
            if (ResourceReader.Read(scope, item) is { } found)
                Found.Add(found);
            else
                StandardError.WriteLine($"{scope}: an object without a readable cidr or handleID is passed over: {Name(item)}");
        }

        _continue = list.TryGetProperty("metadata", out var metadata) && metadata.TryGetProperty("continue", out var next) ? next.GetString() ?? "" : "";
        IsDone = _continue.Length == 0;
    }

    private bool Fits(Key key) => (query, key) switch
    {
        (AllBlocks { IsV6: { } isV6 }, BlockKey block) => block.Cidr.Address.IsV6 == isV6,
        (AffinitiesOf of, AffinityKey affinity) => affinity.Owner == of.Owner && (of.IsV6 ?? affinity.Cidr.Address.IsV6) == affinity.Cidr.Address.IsV6,
        (AllAffinities all, AffinityKey affinity) => affinity.Owner.Type == all.Type,
        _ => true,
    };

    private static string SelectorOf(Query query) => query is AffinitiesOf of ? $"labelSelector={Uri.EscapeDataString(HostLabels.Selector(of))}&" : "";

    private static string Name(JsonElement item) =>
        item.TryGetProperty("metadata", out var metadata) && metadata.TryGetProperty("name", out var name) ? name.ToString() : "without a name";
}
