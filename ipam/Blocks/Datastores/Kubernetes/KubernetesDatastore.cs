using System.Text.Json;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Kubernetes;

namespace CniPlugins.Ipam.Blocks.Datastores.Kubernetes;

/// <summary>Objects in a cluster's own API, as Calico's resources: its tools and kubectl read what is written here, and the reverse.</summary>
/// <remarks>
/// A revision is the object's UID and resourceVersion; both are preconditions of every update and deletion. Calico deletes in two steps (<c>spec.deleted</c>, then
/// the object), as Kubernetes once could not compare on deleting; what somebody left half-way is finished by whoever meets it. When nobody knows whether a write
/// happened, it is sent again, and if its comparison then fails over exactly what was to be written, it had.
/// </remarks>
internal sealed class KubernetesDatastore(ApiClient api, ApiGroup? configured) : IDatastore, IDisposable
{
    private ApiGroup _group = configured ?? ApiGroup.V1;
    private bool _isGroupKnown = configured is not null;

    /// <summary>The cluster's API, for what is none of IPAM's business.</summary>
    public ApiClient Api => api;

    public void Dispose() => api.Dispose();

    public IReadOnlyList<Entry>[] Read(IReadOnlyList<Query> queries, Deadline deadline)
    {
        var readings = Ask(queries, deadline);
        if (!_isGroupKnown && Lacking(readings) && HasOnlyNewerGroup(deadline))
        {
            (_group, _isGroupKnown) = (ApiGroup.V3, true);
            readings = Ask(queries, deadline);
        }

        var answers = new IReadOnlyList<Entry>[queries.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            answers[i] = readings[i].Entries();
            if (queries[i] is Key && readings[i].Found is [{ IsDeleted: true } half])
                Finish(half.Entry, deadline);
        }

        return answers;
    }

    public Entry Create(Key key, Resource value, Deadline deadline)
    {
        var body = new ResourceWriter(_group).Write(key, value, seen: null);
        var what = $"create {key}";
        var reply = Send(new ApiRequest("POST", ResourcePath.CollectionOf(key, _group)) { Body = body }, what, deadline);
        if (reply.IsSuccess)
            return Written(key, reply);
        var status = ApiStatus.Read(reply);
        if (reply.Status != 409 || status.Reason != ApiStatus.AlreadyExists)
            throw Refusal(what, reply, status);
        return (reply.IsRepeated ? FindWritten(key, value, deadline) : null) ?? throw DatastoreException.AlreadyExists(key);
    }

    public Entry Update(Entry seen, Resource value, Deadline deadline)
    {
        var body = new ResourceWriter(_group).Write(seen.Key, value, Revision.Of(seen));
        var what = $"update {seen.Key}";
        var reply = Send(new ApiRequest("PUT", ResourcePath.Of(seen.Key, _group)) { Body = body }, what, deadline);
        if (reply.IsSuccess)
            return Written(seen.Key, reply);
        if (reply.Status == 409 && reply.IsRepeated && FindWritten(seen.Key, value, deadline) is { } there && Revision.Of(there).Uid == Revision.Of(seen).Uid)
            return there;
        throw Refusal(what, reply, ApiStatus.Read(reply), seen.Key);
    }

    public void Delete(Entry seen, Deadline deadline)
    {
        var what = $"delete {seen.Key}";
        var reply = Send(new ApiRequest("DELETE", ResourcePath.Of(seen.Key, _group)) { Body = ResourceWriter.Delete(Revision.Of(seen)) }, what, deadline);
        if (!reply.IsSuccess && !(reply.Status == 404 && reply.IsRepeated))
            throw Refusal(what, reply, ApiStatus.Read(reply), seen.Key);
    }

    private Reading[] Ask(IReadOnlyList<Query> queries, Deadline deadline)
    {
        var readings = new Reading[queries.Count];
        for (var i = 0; i < readings.Length; i++)
            readings[i] = new Reading(queries[i], _group);
        var what = queries.Count == 1 ? $"read {queries[0]}" : $"read {queries[0]} and {queries.Count - 1} more";
        while (Array.FindAll(readings, reading => !reading.IsDone) is { Length: > 0 } open)
        {
            var replies = Send(Array.ConvertAll(open, reading => reading.Next), what, deadline);
            for (var i = 0; i < open.Length; i++)
                open[i].Take(replies[i]);
        }

        return readings;
    }

    private static bool Lacking(Reading[] readings) => Array.Exists(readings, reading => reading.LacksKind);

    /// <summary>
    /// Upstream's rule (libcalico-go: backend/k8s, UsingV3CRDs): the newer form only where the older one is not there. An aggregated server of Calico's has the
    /// newer group too.
    /// </summary>
    private bool HasOnlyNewerGroup(Deadline deadline)
    {
        _isGroupKnown = true;
        var reply = Send(ApiRequest.Get("apis"), "read the API's groups", deadline);
        if (!reply.IsSuccess)
            return false;
        var (older, newer) = (false, false);
        try
        {
            using var document = JsonDocument.Parse(reply.Body);
            foreach (var group in document.RootElement.GetProperty("groups").EnumerateArray())
            {
                older |= group.GetProperty("name").ValueEquals("crd.projectcalico.org");
                newer |= group.GetProperty("name").ValueEquals("projectcalico.org");
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return false;
        }

        return newer && !older;
    }

    /// <summary>Finishes a deletion that somebody else has begun; if somebody is faster, the better.</summary>
    private void Finish(Entry half, Deadline deadline)
    {
        try
        {
            Delete(half, deadline);
        }
        catch (DatastoreException e) when (e.Failure is DatastoreFailure.NotFound or DatastoreFailure.RevisionConflict)
        {
            return;
        }
    }

    /// <summary>What stands there, if it is what was to be written.</summary>
    private Entry? FindWritten(Key key, Resource value, Deadline deadline)
    {
        if (this.Find(key, deadline) is not { } there || there.Value is Unreadable)
            return null;
        var writer = new ResourceWriter(_group);
        return writer.Write(key, there.Value, seen: null).AsSpan().SequenceEqual(writer.Write(key, value, seen: null)) ? there : null;
    }

    private static Entry Written(Key key, ApiReply reply)
    {
        using var document = JsonDocument.Parse(reply.Body);
        return ResourceReader.Read(key, document.RootElement).Entry;
    }

    private ApiReply Send(ApiRequest request, string what, Deadline deadline) => Send([request], what, deadline)[0];

    private ApiReply[] Send(IReadOnlyList<ApiRequest> requests, string what, Deadline deadline)
    {
        try
        {
            return api.Send(requests, what, deadline.Remaining);
        }
        catch (ApiException e)
        {
            throw new DatastoreException(e.MayPass ? DatastoreFailure.Unavailable : DatastoreFailure.Refused, e.Message, e, e.Details);
        }
    }

    private static DatastoreException Refusal(string what, ApiReply reply, ApiStatus status, Key? key = null) => (reply.Status, key) switch
    {
        (404, { } gone) => DatastoreException.NotFound(gone),
        (409, { } changed) => DatastoreException.Conflict(changed),
        _ => new DatastoreException(DatastoreFailure.Refused, $"{what} in Kubernetes: {reply.Status} {status.Message}", details: reply.Status == 404 ? "are Calico's CustomResourceDefinitions installed?" : ""),
    };
}
