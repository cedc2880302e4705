using System.Text;
using System.Text.Json;
using CniPlugins.Http;

namespace CniPlugins.Ipam.Blocks.Datastores.Etcd;

/// <summary>Why an endpoint did not do what it was asked, and what follows from it.</summary>
/// <param name="Cause">In words, without the endpoint.</param>
/// <param name="Hint">What to do; may be empty.</param>
/// <param name="MayPass">Another try at the same endpoint may succeed.</param>
/// <param name="MayHaveHappened">The request may have been carried out all the same.</param>
internal sealed record EtcdFault(string Cause, string Hint, bool MayPass, bool MayHaveHappened)
{
    /// <summary>The cluster has spoken: no other endpoint will say otherwise.</summary>
    public bool IsVerdict { get; init; }

    /// <summary>Authenticate again.</summary>
    public bool IsExpiredToken { get; init; }

    // google.rpc.Code, which the gateway puts into "code".
    private const int Cancelled = 1;
    private const int DeadlineExceeded = 4;
    private const int PermissionDenied = 7;
    private const int ResourceExhausted = 8;
    private const int Unavailable = 14;
    private const int DataLoss = 15;
    private const int Unauthenticated = 16;

    public static EtcdFault Of(HttpFailure failure) => new(failure.Message, failure.Hint, failure.MayPass, failure.MayHaveArrived);

    /// <summary>An answer whose status is not 200.</summary>
    public static EtcdFault Of(HttpAnswer answer)
    {
        var (words, code) = Read(answer);
        if (words.Contains("space exceeded", StringComparison.Ordinal))
            return Refused(words, "etcd is out of space and only reads and deletes: compact and defragment it, then etcdctl alarm disarm");
        if (words.Contains("user name is empty", StringComparison.Ordinal) || code == Unauthenticated && words.Contains("empty", StringComparison.Ordinal))
            return Refused(words, "etcd asks for a user: set ETCD_USERNAME and ETCD_PASSWORD");
        if (words.Contains("authentication failed", StringComparison.Ordinal))
            return Refused(words, "check ETCD_USERNAME and ETCD_PASSWORD");
        return code switch
        {
            Unauthenticated => Refused(words, "the token is not accepted") with { IsExpiredToken = true },
            PermissionDenied => Refused(words, "the user may not read or write below /calico/: etcdctl role grant-permission"),
            DataLoss => Refused(words, "a member found its data corrupt: etcdctl alarm list"),
            Unavailable or DeadlineExceeded or Cancelled or ResourceExhausted => new EtcdFault(words, "etcd may be choosing a leader or be overloaded", MayPass: true, MayHaveHappened: true),
            _ when answer.Status == 404 => Refused($"{words} (404)", "is it etcd 3.4 or newer? Its JSON gateway is /v3/"),
            _ when answer.Status is 502 or 503 or 504 => new EtcdFault($"HTTP status {answer.Status}: {words}", "", MayPass: true, MayHaveHappened: true),
            _ => new EtcdFault($"HTTP status {answer.Status}: {words}", "", MayPass: false, MayHaveHappened: true),
        };
    }

    /// <summary>An answer whose body makes no sense.</summary>
    public static EtcdFault Unintelligible(string why) =>
        new($"the answer is not etcd's: {why}", "is this the client port of an etcd member?", MayPass: false, MayHaveHappened: true);

    private static EtcdFault Refused(string words, string hint) => new(words, hint, MayPass: false, MayHaveHappened: false);

    private static (string Words, int Code) Read(HttpAnswer answer)
    {
        try
        {
            var words = EtcdAnswer.ReadText(answer.Body, "error"u8);
            _ = int.TryParse(EtcdAnswer.ReadText(answer.Body, "code"u8), out var code);
            return (words.Length > 0 ? words : "no reason given", code);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return (Encoding.UTF8.GetString(answer.Body.AsSpan(0, Math.Min(answer.Body.Length, 80))).Trim(), 0);
        }
    }
}
