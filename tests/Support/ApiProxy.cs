using System.Diagnostics;
using System.Net;
using System.Net.Http;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using CniPlugins.Http;
using CniPlugins.Kubernetes;
using CniPlugins.Linux;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CniPlugins.Tests.Support;

/// <summary>What the proxy does to a request.</summary>
internal enum ApiMishap
{
    None,

    /// <summary>It does not arrive; the connection breaks.</summary>
    LoseRequest,

    /// <summary>It is done; the connection breaks before the answer.</summary>
    LoseAnswer,

    /// <summary>500 without its having been done.</summary>
    Fail,

    /// <summary>429 with Retry-After: 1.</summary>
    Busy,

    /// <summary>410, as a list is told that goes on after the server has forgotten its beginning.</summary>
    Expired,
}

/// <summary>A proxy before an API server, with TLS of its own and HTTP/2, on loopback of the same namespace: it counts, delays and breaks.</summary>
internal sealed class ApiProxy : IDisposable
{
    private readonly TestCertificates _certificates = new();
    private readonly List<(string Request, long Start, long End)> _seen = [];
    private readonly HashSet<string> _connections = [];
    private readonly WebApplication _application;
    private readonly HttpClient _client;
    private readonly Socket _listener;
    private readonly ApiServer _api;
    private int _count;

    /// <param name="api">What is behind it.</param>
    /// <param name="netns">The namespace that both are in; null is the run's own.</param>
    public ApiProxy(ApiServer api, string? netns = null)
    {
        _api = api;
        _listener = Inside(netns, () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            socket.Listen(128);
            return socket;
        });
        Url = $"https://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}";
        _client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = (_, _) => new ValueTask<Stream>(new NetworkStream(
                Inside(netns, () =>
                {
                    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                    socket.Connect(IPAddress.Loopback, api.Port);
                    return socket;
                }),
                ownsSocket: true)),
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = Trusting(api.CaFile) },
        });
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        using var pem = X509Certificate2.CreateFromPemFile(_certificates.ServerCertificate, _certificates.ServerKey);
        var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenHandle((ulong)_listener.Handle, listen => listen.UseHttps(certificate)));
        _application = builder.Build();
        _application.Run(Serve);
        _application.StartAsync().GetAwaiter().GetResult();
    }

    public string Url { get; }

    /// <summary>Decides the fate of the n-th request (from 0): its method and path.</summary>
    public Func<int, string, ApiMishap> Fate { get; set; } = (_, _) => ApiMishap.None;

    /// <summary>How long each answer is held back: requests that are under way at the same time are one round trip.</summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromMilliseconds(40);

    /// <summary>How our client reaches it.</summary>
    public ClusterAccess Access => _api.Access with { Server = new Uri(Url), Tls = new TlsSettings(new Pem(_certificates.Ca), null, null) };

    /// <summary>Makes the plugin's kubeconfig lead here.</summary>
    public void Enter() => _api.WriteKubeconfig(ApiServer.CniToken, Url, _certificates.Ca);

    /// <summary>What passed since it was asked last: requests, connections, and how often somebody waited.</summary>
    public (int RoundTrips, IReadOnlyList<string> Requests, int Connections) Take()
    {
        lock (_seen)
        {
            var (rounds, end) = (0, long.MinValue);
            foreach (var seen in _seen.OrderBy(seen => seen.Start))
            {
                if (seen.Start > end)
                    rounds++;
                end = Math.Max(end, seen.End);
            }

            var taken = (rounds, _seen.OrderBy(seen => seen.Start).Select(seen => seen.Request).ToList(), _connections.Count);
            _seen.Clear();
            _connections.Clear();
            return taken;
        }
    }

    public void Dispose()
    {
        _application.StopAsync(new CancellationToken(canceled: true)).GetAwaiter().GetResult();
        ((IDisposable)_application).Dispose();
        _client.Dispose();
        _listener.Dispose();
        _certificates.Dispose();
    }

    private static X509ChainPolicy Trusting(string ca)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(ca);
        return policy;
    }

    private static T Inside<T>(string? netns, Func<T> act)
    {
        if (netns is null)
            return act();
        using var place = Netns.Open(netns);
        return place.Run(act);
    }

    private async Task Serve(HttpContext context)
    {
        var text = $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}";
        var start = Stopwatch.GetTimestamp();
        var fate = Fate(Interlocked.Increment(ref _count) - 1, text);
        using var answer = fate is ApiMishap.None or ApiMishap.LoseAnswer ? await Forward(context).ConfigureAwait(false) : null;
        await Task.Delay(Delay).ConfigureAwait(false);
        lock (_seen)
        {
            _seen.Add((text, start, Stopwatch.GetTimestamp()));
            _connections.Add(context.Connection.Id);
        }

        switch (fate)
        {
            case ApiMishap.LoseRequest or ApiMishap.LoseAnswer:
                context.Features.Get<IConnectionLifetimeFeature>()?.Abort();
                context.Abort();
                break;
            case ApiMishap.Fail or ApiMishap.Busy or ApiMishap.Expired:
                context.Response.StatusCode = fate switch { ApiMishap.Fail => 500, ApiMishap.Busy => 429, _ => 410 };
                if (fate == ApiMishap.Busy)
                    context.Response.Headers.RetryAfter = "1";
                await context.Response.WriteAsync("""{"kind":"Status","status":"Failure","message":"the proxy says so"}""").ConfigureAwait(false);
                break;
            default:
                context.Response.StatusCode = (int)answer!.StatusCode;
                context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
                await answer.Content.CopyToAsync(context.Response.Body).ConfigureAwait(false);
                break;
        }
    }

    private async Task<HttpResponseMessage> Forward(HttpContext context)
    {
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), $"{_api.Url}{context.Request.Path}{context.Request.QueryString}");
        foreach (var name in new[] { "Authorization", "Accept" })
        {
            if (context.Request.Headers.TryGetValue(name, out var value))
                request.Headers.TryAddWithoutValidation(name, value.ToString());
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body).ConfigureAwait(false);
        if (body.Length > 0)
        {
            request.Content = new ByteArrayContent(body.ToArray());
            request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        }

        return await _client.SendAsync(request).ConfigureAwait(false);
    }
}
