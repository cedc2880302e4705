using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading.Tasks;

namespace CniPlugins.Http;

/// <summary>A client of one service, perhaps at several addresses: connections kept alive, a time limit for everything.</summary>
/// <remarks>
/// Plain calls are HTTP/1.1 and synchronous throughout; the runtime still connects on a thread of its own. <see cref="SendTogether"/> is HTTP/2 over TLS: several
/// requests are under way at once on one connection. Nothing is set up before the first request.
/// </remarks>
internal sealed class HttpPort : IDisposable
{
    private readonly ServerCertificateCheck _check;
    private readonly HttpClient _client;
    private readonly string? _serverName;

    /// <summary>Reads the TLS files if there are any; throws <see cref="HttpFailure"/>.</summary>
    public HttpPort(TlsSettings? tls, TimeSpan connectLimit, Uri? proxy = null)
    {
        _check = new ServerCertificateCheck(tls?.Ca?.Name ?? "the system's trust store", tls?.AcceptsAnyServer ?? false);
        _serverName = tls?.ServerName;
        var handler = new SocketsHttpHandler
        {
            UseProxy = proxy is not null,
            Proxy = proxy is null ? null : new WebProxy(proxy),
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectTimeout = connectLimit,
            ConnectCallback = Dialer.Connect,
            MaxConnectionsPerServer = 1, // a server that speaks HTTP/1.1 only is asked one question after the other
        };
        if (tls is not null)
            handler.SslOptions = tls.Load(_check);
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Sends a request and waits for the whole answer, whatever its status; throws <see cref="HttpFailure"/>.</summary>
    public HttpAnswer Send(HttpCall call, TimeSpan limit)
    {
        using var message = Message(call, HttpVersion.Version11);
        using var timer = new CancellationTokenSource(limit);
        try
        {
            using var answer = _client.Send(message, HttpCompletionOption.ResponseContentRead, timer.Token);
            return Read(answer, timer.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException)
        {
            throw Describe(e, call.Address, limit);
        }
    }

    /// <summary>Sends all requests at once and waits for all answers.</summary>
    public HttpOutcome[] SendTogether(IReadOnlyList<HttpCall> calls, TimeSpan limit)
    {
        using var timer = new CancellationTokenSource(limit);
        var messages = new HttpRequestMessage[calls.Count];
        var answers = new Task<HttpResponseMessage>[calls.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            messages[i] = Message(calls[i], HttpVersion.Version20);
            answers[i] = _client.SendAsync(messages[i], HttpCompletionOption.ResponseContentRead, timer.Token);
        }

        var outcomes = new HttpOutcome[calls.Count];
        for (var i = 0; i < outcomes.Length; i++)
        {
            outcomes[i] = Await(answers[i], calls[i].Address, limit, timer.Token);
            messages[i].Dispose();
        }

        return outcomes;
    }

    private HttpOutcome Await(Task<HttpResponseMessage> answer, Uri address, TimeSpan limit, CancellationToken cancel)
    {
        try
        {
            using var message = answer.GetAwaiter().GetResult();
            return new HttpOutcome(Read(message, cancel));
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException)
        {
            return new HttpOutcome(default, Describe(e, address, limit));
        }
    }

    private HttpRequestMessage Message(HttpCall call, Version version)
    {
        var message = new HttpRequestMessage(new HttpMethod(call.Method), call.Address) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower };
        if (_serverName is not null)
            message.Headers.Host = _serverName; // by which .NET checks the certificate
        if (call.Body is not null)
        {
            message.Content = new ByteArrayContent(call.Body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue(call.ContentType);
        }

        if (call.Accept.Length > 0)
            message.Headers.TryAddWithoutValidation("Accept", call.Accept);
        if (call.Authorization is not null)
            message.Headers.TryAddWithoutValidation("Authorization", call.Authorization);
        return message;
    }

    private static HttpAnswer Read(HttpResponseMessage answer, CancellationToken cancel)
    {
        using var body = answer.Content.ReadAsStream(cancel);
        var bytes = new byte[body.Length];
        body.ReadExactly(bytes);
        return new HttpAnswer((int)answer.StatusCode, bytes, answer.Headers.RetryAfter?.Delta);
    }

    private HttpFailure Describe(Exception e, Uri address, TimeSpan limit)
    {
        if (e is OperationCanceledException)
        {
            var connecting = e.InnerException is TimeoutException;
            return new HttpFailure(connecting ? "no connection in time" : $"no answer within {limit.TotalSeconds:0.#} s", "", !connecting, mayPass: true, e);
        }

        var kind = (e as HttpRequestException)?.HttpRequestError ?? HttpRequestError.Unknown;
        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            if (cause is AuthenticationException)
                return Untrusted(cause);
            if (cause is SocketException socket)
                return Describe(socket, kind);
        }

        // With TLS 1.3 the server's word on the client's certificate comes when the connection is in use already.
        return kind == HttpRequestError.SecureConnectionError || e.GetBaseException().Message.Contains("SSL routines", StringComparison.Ordinal) ? Untrusted(e)
            : new HttpFailure(
                $"the connection broke: {e.GetBaseException().Message}",
                kind == HttpRequestError.ResponseEnded && address.Scheme == Uri.UriSchemeHttp ? "a TLS port closes plain connections: should it be https://?" : "",
                mayHaveArrived: true, mayPass: true, e);
    }

    private HttpFailure Untrusted(Exception e) => _check.Objection is { } objection
        ? new HttpFailure(objection, "check the CA file and the server's certificate", mayHaveArrived: false, mayPass: false, e)
        : new HttpFailure($"no TLS connection: {e.GetBaseException().Message}", "is it a TLS port, and does the server accept the client's certificate?", mayHaveArrived: false, mayPass: false, e);

    private static HttpFailure Describe(SocketException e, HttpRequestError kind) => e.SocketErrorCode switch
    {
        SocketError.HostNotFound or SocketError.NoData => new HttpFailure("there is no host of that name", "names are looked up in /etc/hosts and by DNS", mayHaveArrived: false, mayPass: true, e),
        SocketError.TryAgain => new HttpFailure("the name could not be looked up: no DNS server answered", "check /etc/resolv.conf and /etc/hosts", mayHaveArrived: false, mayPass: true, e),
        SocketError.ConnectionRefused => new HttpFailure("connection refused", "", mayHaveArrived: false, mayPass: true, e),
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => new HttpFailure("no route to it", "", mayHaveArrived: false, mayPass: true, e),
        SocketError.TimedOut => new HttpFailure("no connection in time", "", mayHaveArrived: false, mayPass: true, e),
        _ => new HttpFailure(e.Message, "", kind is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError), mayPass: true, e),
    };
}
