using CniPlugins.Http;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Linux;

namespace CniPlugins.Ipam.Blocks.Datastores.Etcd;

/// <summary>Gets a request answered by whichever endpoint can, within the deadline.</summary>
/// <remarks>
/// A process begins with an endpoint of its own (they differ from process to process, as the load should) and stays with the one that answered last. When none
/// answers, it goes round again for a few seconds: a new leader is chosen in that time. What comes next in the same process is not waited for again.
/// </remarks>
internal sealed class EtcdGateway(EtcdSettings settings) : IDisposable
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AnswerLimitWhileOthersAreLeft = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private HttpPort? _http;
    private string? _token;
    private int _current = Environment.ProcessId % settings.Endpoints.Count;
    private bool _wasDown;

    /// <summary>Requests sent so far.</summary>
    public int RoundTrips { get; private set; }

    public void Dispose() => _http?.Dispose();

    /// <summary>
    /// The answer to a transaction. <c>Repeated</c>: an endpoint was asked before that did not say whether it did it.
    /// </summary>
    /// <exception cref="DatastoreException">Unavailable or Refused; the message names each endpoint and what happened there.</exception>
    public (EtcdAnswer Answer, bool Repeated) Transact(byte[] body, string what, Deadline deadline)
    {
        var faults = new EtcdFault?[settings.Endpoints.Count];
        var patience = deadline.AtMost(_wasDown ? TimeSpan.Zero : Patience);
        var repeated = false;
        for (var (tries, pause) = (0, 25); ; tries++)
        {
            if (deadline.HasPassed)
                throw Failure(faults, what, "no time is left");
            if (tries > 0 && tries % faults.Length == 0)
            {
                var wait = TimeSpan.FromMilliseconds(pause + Random.Shared.Next(pause));
                if (patience.Remaining < wait || !Array.Exists(faults, fault => fault?.MayPass != false))
                    throw Failure(faults, what);
                Sleep.For(wait);
                pause = Math.Min(pause * 2, 400);
            }

            var fault = Try(body, deadline.AtMost(tries < faults.Length - 1 ? AnswerLimitWhileOthersAreLeft : AnswerLimit), out var answer);
            if (answer is not null)
            {
                _wasDown = false;
                return (answer, repeated);
            }

            if (faults[_current] is null || !deadline.HasPassed)
                faults[_current] = fault; // what came of the last moments says less
            if (fault!.IsExpiredToken && _token is not null)
                _token = null; // and the same endpoint once more
            else if (fault.IsVerdict)
                throw Failure(faults, what);
            else
                _current = (_current + 1) % faults.Length;
            repeated |= fault.MayHaveHappened;
        }
    }

    /// <summary>Asks the current endpoint.</summary>
    private EtcdFault? Try(byte[] body, Deadline deadline, out EtcdAnswer? answer)
    {
        answer = null;
        try
        {
            if (settings.Username is { Length: > 0 } name && _token is null)
            {
                var granted = Send("v3/auth/authenticate", EtcdRequest.Authenticate(name, settings.Password ?? ""), deadline);
                if (granted.Status != 200)
                    return EtcdFault.Of(granted) with { MayHaveHappened = false };
                _token = EtcdAnswer.ReadText(granted.Body, "token"u8);
            }

            var reply = Send("v3/kv/txn", body, deadline);
            if (reply.Status != 200)
                return EtcdFault.Of(reply);
            answer = EtcdAnswer.Read(reply.Body);
            return null;
        }
        catch (HttpFailure e)
        {
            return EtcdFault.Of(e);
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or FormatException or InvalidOperationException)
        {
            return EtcdFault.Unintelligible(e.Message);
        }
    }

    private HttpAnswer Send(string path, byte[] body, Deadline deadline)
    {
        _http ??= new HttpPort(settings.Tls, ConnectLimit);
        RoundTrips++;
        return _http.Send(new HttpCall("POST", new Uri(settings.Endpoints[_current], path)) { Body = body, Authorization = _token }, deadline.Remaining);
    }

    private DatastoreException Failure(EtcdFault?[] faults, string what, string end = "")
    {
        _wasDown = true;
        var (causes, hints, mayPass) = (new List<string>(), new List<string>(), end.Length > 0);
        for (var i = 0; i < faults.Length; i++)
        {
            if (faults[i] is not { } fault)
                continue;
            causes.Add($"{settings.Endpoints[i].GetLeftPart(UriPartial.Authority)}: {fault.Cause}");
            mayPass |= fault.MayPass;
            if (fault.Hint.Length > 0 && !hints.Contains(fault.Hint))
                hints.Add(fault.Hint);
        }

        if (end.Length > 0)
            causes.Add(end);
        if (mayPass)
            hints.Add("the runtime will try again; check that etcd runs and etcd_endpoints names it");
        return new DatastoreException(
            mayPass ? DatastoreFailure.Unavailable : DatastoreFailure.Refused, $"{what} in etcd: {string.Join("; ", causes)}", details: string.Join("; ", hints));
    }
}
