using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;

namespace CniPlugins.Http;

/// <summary>A client of one service, perhaps at several addresses: HTTP/1.1, connections kept alive, a time limit for everything.</summary>
/// <remarks>Synchronous throughout; the runtime still connects on a thread of its own. Nothing is set up before the first request.</remarks>
internal sealed class HttpPort : IDisposable
{
    private readonly ServerCertificateCheck _check;
    private readonly HttpClient _client;

    /// <summary>Reads the TLS files if there are any; throws <see cref="HttpFailure"/>.</summary>
    public HttpPort(TlsFiles? tls, TimeSpan connectLimit)
    {
        _check = new ServerCertificateCheck(tls?.Ca ?? "the system's trust store");
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectTimeout = connectLimit,
            ConnectCallback = Dialer.Connect,
        };
        if (tls is not null)
            handler.SslOptions = tls.Load(_check);
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Sends JSON and waits for the whole answer, whatever its status; throws <see cref="HttpFailure"/>.</summary>
    public HttpAnswer Post(Uri address, byte[] json, string? authorization, TimeSpan limit)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(json) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (authorization is not null)
            message.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var timer = new CancellationTokenSource(limit);
        try
        {
            using var answer = _client.Send(message, HttpCompletionOption.ResponseContentRead, timer.Token);
            using var body = answer.Content.ReadAsStream(timer.Token);
            var bytes = new byte[body.Length];
            body.ReadExactly(bytes);
            return new HttpAnswer((int)answer.StatusCode, bytes);
        }
        catch (OperationCanceledException e)
        {
            var connecting = e.InnerException is TimeoutException;
            throw new HttpFailure(connecting ? "no connection in time" : $"no answer within {limit.TotalSeconds:0.#} s", "", !connecting, mayPass: true, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Describe(e, address);
        }
    }

    private HttpFailure Describe(Exception e, Uri address)
    {
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
