using System.Diagnostics;
using CniPlugins.Http;
using CniPlugins.Linux;

namespace CniPlugins.Kubernetes;

/// <summary>Gets requests answered by a cluster's API: one connection, several questions at a time, and patience with a server that is busy or starts anew.</summary>
/// <remarks>
/// A server that is not reached, or whose answer does not arrive, is asked again for a few seconds; one that says when to come back (429, 503 with Retry-After) then,
/// ten times at most. A token that is refused is read again once: it may have been renewed since.
/// </remarks>
internal sealed class ApiClient(Func<ClusterAccess> load) : IDisposable
{
    private const int MostInvitations = 10;
    private const string MetadataOnly = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private ClusterAccess? _access;
    private HttpPort? _port;
    private bool _wasDown; // what comes next in the same process is not waited for again

    /// <summary>How often something was sent and waited for, whatever number of requests it was.</summary>
    public int RoundTrips { get; private set; }

    /// <summary>Requests sent so far.</summary>
    public int Requests { get; private set; }

    /// <summary>The server, for people.</summary>
    public string Name => (_access ??= load()).Server.GetLeftPart(UriPartial.Authority);

    public void Dispose() => _port?.Dispose();

    /// <summary>The answer to one request.</summary>
    public ApiReply Send(ApiRequest request, string what, TimeSpan limit) => Send([request], what, limit)[0];

    /// <summary>The answers to all requests, whatever they are but 401, 403, 429 and 5xx; throws <see cref="ApiException"/>.</summary>
    public ApiReply[] Send(IReadOnlyList<ApiRequest> requests, string what, TimeSpan limit)
    {
        var (started, replies) = (Stopwatch.GetTimestamp(), new ApiReply[requests.Count]);
        var open = new List<Attempt>(requests.Count);
        for (var i = 0; i < requests.Count; i++)
            open.Add(new Attempt(i, requests[i]));
        var (pause, invitations, hasReloaded) = (TimeSpan.FromMilliseconds(25), 0, false);
        while (true)
        {
            var left = limit - Stopwatch.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
                throw Failure(what, "no time is left", mayPass: true);
            var (failure, wait, isRefused) = Try(open, replies, what, left < AnswerLimit ? left : AnswerLimit);
            open.RemoveAll(static attempt => attempt.IsDone);
            if (open.Count == 0)
            {
                _wasDown = false;
                return replies;
            }

            if (isRefused && !hasReloaded && Reload())
            {
                hasReloaded = true;
                continue;
            }

            if (isRefused)
                throw Failure(what, failure, mayPass: false, $"the token or certificate in {_access!.Source} is not accepted: has it expired?");
            if (wait is not null ? ++invitations > MostInvitations : _wasDown || Stopwatch.GetElapsedTime(started) > Patience)
                throw Failure(what, failure, mayPass: true);
            var rest = wait ?? (pause + TimeSpan.FromMilliseconds(Random.Shared.Next(20)));
            if (rest >= limit - Stopwatch.GetElapsedTime(started))
                throw Failure(what, failure, mayPass: true);
            Sleep.For(rest);
            pause = pause < TimeSpan.FromMilliseconds(400) ? pause * 2 : pause;
        }
    }

    /// <summary>Sends what is open; says why something is still open, when the server wants to be asked again, and whether it does not know us.</summary>
    private (string Failure, TimeSpan? Wait, bool IsRefused) Try(List<Attempt> open, ApiReply[] replies, string what, TimeSpan limit)
    {
        _access ??= load();
        var calls = new HttpCall[open.Count];
        for (var i = 0; i < calls.Length; i++)
            calls[i] = Call(open[i].Request, _access);
        RoundTrips++;
        Requests += calls.Length;
        var outcomes = Send(calls, limit);
        var (failure, wait, isRefused) = ("", (TimeSpan?)null, false);
        for (var i = 0; i < outcomes.Length; i++)
        {
            if (outcomes[i].Failure is { } fault)
            {
                if (!fault.MayPass)
                    throw Failure(what, fault.Message, mayPass: false, fault.Hint);
                failure = fault.Message;
                open[i].MayHaveHappened |= fault.MayHaveArrived;
                continue;
            }

            var answer = outcomes[i].Answer;
            var reply = new ApiReply(answer.Status, answer.Body, open[i].MayHaveHappened);
            switch (answer.Status)
            {
                case 401:
                    (failure, isRefused) = ($"401 {ApiStatus.Read(reply).Message}", true);
                    break;
                case 403:
                    throw Failure(what, $"connection is unauthorized: {ApiStatus.Read(reply).Message}", mayPass: false, "the role calico-cni-plugin allows what this plugin needs");
                case 429 or >= 500:
                    failure = $"{answer.Status} {ApiStatus.Read(reply).Message}";
                    open[i].MayHaveHappened |= answer.Status >= 500;
                    wait = answer.RetryAfter is { } after && (wait is null || after > wait) ? after : wait;
                    break;
                default:
                    replies[open[i].Place] = reply;
                    open[i].IsDone = true;
                    break;
            }
        }

        return (failure, wait, isRefused);
    }

    private HttpOutcome[] Send(HttpCall[] calls, TimeSpan limit)
    {
        try
        {
            _port ??= new HttpPort(_access!.Tls, ConnectLimit, _access.Proxy);
            return _port.SendTogether(calls, limit);
        }
        catch (HttpFailure e)
        {
            return Array.ConvertAll(calls, _ => new HttpOutcome(default, e));
        }
    }

    private static HttpCall Call(ApiRequest request, ClusterAccess access) => new(request.Method, access.AddressOf(request.Path))
    {
        Body = request.Body,
        ContentType = request.ContentType,
        Accept = request.WantsMetadataOnly ? MetadataOnly : "application/json",
        Authorization = access.Authorization,
    };

    /// <summary>Reads the access again; false when we are the same as before.</summary>
    private bool Reload()
    {
        var now = load();
        if (!now.IsSomebodyElse(_access!))
            return false;
        _access = now;
        _port?.Dispose();
        _port = null;
        return true;
    }

    private ApiException Failure(string what, string cause, bool mayPass, string hint = "")
    {
        _wasDown = mayPass;
        return new ApiException(
            $"{what} in Kubernetes at {_access?.Server.GetLeftPart(UriPartial.Authority)}: {cause}",
            mayPass,
            mayPass ? "the runtime will try again; check that the API server runs, and that this node reaches it" : hint);
    }

    /// <summary>One of the requests that are sent together.</summary>
    private sealed class Attempt(int place, ApiRequest request)
    {
        public int Place { get; } = place;

        public ApiRequest Request { get; } = request;

        public bool IsDone { get; set; }

        public bool MayHaveHappened { get; set; }
    }
}
