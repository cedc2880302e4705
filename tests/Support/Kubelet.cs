using System.Buffers.Binary;
using System.Net.Http;
using System.Net.Sockets;
using System.Threading.Tasks;

namespace CniPlugins.Tests.Support;

/// <summary>What the kubelet asks of containerd: pods, by the container runtime interface.</summary>
/// <remarks>Numbers of fields: https://github.com/kubernetes/cri-api/blob/master/pkg/apis/runtime/v1/api.proto</remarks>
internal sealed class Kubelet : IDisposable
{
    private readonly Containerd _containerd;
    private readonly HttpClient _client;

    public Kubelet(Containerd containerd)
    {
        _containerd = containerd;
        _client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, stop) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(containerd.Socket), stop).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { Timeout = TimeSpan.FromSeconds(60) };
        containerd.Ctr($"images import --snapshotter native {containerd.Image}", "k8s.io");
    }

    /// <summary>RunPodSandbox; fails the test unless it succeeds; returns the pod's identifier.</summary>
    public string Run(PodSpec pod)
    {
        var (id, error) = TryRun(pod);
        Assert.True(error.Length == 0, _containerd.Machine.Diagnosis(error));
        return id;
    }

    /// <summary>RunPodSandbox; an error's message, or the pod's identifier.</summary>
    public (string Id, string Error) TryRun(PodSpec pod)
    {
        var (answer, error) = Call("RunPodSandbox", new ProtoMessage().With(1, pod.ToMessage(_containerd.Machine.Cgroup)));
        return (ProtoMessage.Text(answer, 1), error);
    }

    /// <summary>RunPodSandbox of a pod nobody waits for.</summary>
    public void Begin(PodSpec pod) => _ = Task.Run(() => TryRun(pod));

    /// <summary>RunPodSandbox of all at the same time.</summary>
    public string[] RunAll(params PodSpec[] pods) => Task.WhenAll(pods.Select(pod => Task.Run(() => Run(pod)))).GetAwaiter().GetResult();

    /// <summary>Ends all at the same time.</summary>
    public void EndAll(params string[] pods) => Task.WhenAll(pods.Select(pod => Task.Run(() => End(pod)))).GetAwaiter().GetResult();

    /// <summary>PodSandboxStatus: the pod's addresses, the first being the one that Kubernetes shows.</summary>
    public string[] Addresses(string id)
    {
        var status = Must("PodSandboxStatus", new ProtoMessage().With(1, id));
        var network = ProtoMessage.Read(ProtoMessage.Read(status, 1).Single(), 5).Single();
        return [ProtoMessage.Text(network, 1), .. ProtoMessage.Read(network, 2).Select(more => ProtoMessage.Text(more, 1))];
    }

    /// <summary>Whether containerd answers the kubelet: some time after it answers others.</summary>
    public bool IsReady => Call("Version", new ProtoMessage()).Error.Length == 0;

    /// <summary>ListPodSandbox: the identifiers of all pods.</summary>
    public string[] List() => [.. ProtoMessage.Read(Must("ListPodSandbox", new ProtoMessage()), 1).Select(pod => ProtoMessage.Text(pod, 1))];

    private void Stop(string id) => Must("StopPodSandbox", new ProtoMessage().With(1, id));

    /// <summary>Runs a program in a pod.</summary>
    public string Exec(string id, params string[] command) => _containerd.Exec("k8s.io", id, command);

    /// <summary>What a web server says of a pod that asks it: the client's address.</summary>
    public string Get(string id, string address, int port) => OciImage.ClientSeen(Exec(id, OciImage.Ask(address, port)));

    /// <summary>Stops and removes pods; the kubelet does both again whenever it is in doubt.</summary>
    public void End(params string[] pods)
    {
        foreach (var pod in (string[])[.. pods, .. pods])
            Stop(pod);
        foreach (var pod in (string[])[.. pods, .. pods])
            Must("RemovePodSandbox", new ProtoMessage().With(1, pod));
    }

    public void Dispose() => _client.Dispose();

    private byte[] Must(string method, ProtoMessage request)
    {
        var (answer, error) = Call(method, request);
        Assert.True(error.Length == 0, _containerd.Machine.Diagnosis($"{method}: {error}"));
        return answer;
    }

    /// <summary>One call of gRPC over HTTP/2: a byte that says "not compressed", four of length, the message.</summary>
    private (byte[] Answer, string Error) Call(string method, ProtoMessage request)
    {
        var message = request.ToBytes();
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        using var call = new HttpRequestMessage(HttpMethod.Post, $"http://localhost/runtime.v1.RuntimeService/{method}")
        {
            Version = new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame),
        };
        call.Headers.TE.ParseAdd("trailers");
        call.Content.Headers.ContentType = new("application/grpc");
        try
        {
            using var answer = _client.SendAsync(call).GetAwaiter().GetResult();
            var body = answer.Content.ReadAsByteArrayAsync().GetAwaiter().GetResult();
            // An answer that is only an error has no body, and its trailers are its headers.
            var headers = answer.TrailingHeaders.Contains("grpc-status") ? (System.Net.Http.Headers.HttpHeaders)answer.TrailingHeaders : answer.Headers;
            return headers.GetValues("grpc-status").Single() == "0" ? (body[5..], "") : ([], Uri.UnescapeDataString(headers.GetValues("grpc-message").Single()));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return ([], $"containerd is gone: {e.Message}");
        }
    }
}

/// <summary>A pod as the kubelet describes it: a name, ports (host to 80, tcp), annotations.</summary>
internal sealed record PodSpec(string Name)
{
    public int? HostPort { get; init; }

    public Dictionary<string, string> Annotations { get; init; } = [];

    public ProtoMessage ToMessage(string cgroup)
    {
        var metadata = new ProtoMessage().With(1, Name).With(2, $"uid-{Name}").With(3, "default");
        var message = new ProtoMessage().With(1, metadata).With(2, Name);
        if (HostPort is { } port)
            message.With(5, new ProtoMessage().With(2, 80).With(3, port));
        foreach (var (name, value) in Annotations)
            message.With(7, name, value);
        return message.With(8, new ProtoMessage().With(1, $"/{cgroup}"));
    }
}
