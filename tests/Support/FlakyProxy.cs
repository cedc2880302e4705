using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CniPlugins.Tests.Support;

/// <summary>What a proxy does to an exchange of a request and its answer.</summary>
internal enum Mishap
{
    None,

    /// <summary>The request does not arrive, the connection is closed.</summary>
    LoseRequest,

    /// <summary>The request arrives, the answer does not, the connection is closed.</summary>
    LoseAnswer,

    /// <summary>Half of the answer arrives and the connection is closed.</summary>
    CutAnswer,

    /// <summary>Half of the answer arrives and then nothing for ever.</summary>
    StallAnswer,

    /// <summary>Nothing arrives and nothing is closed.</summary>
    Silence,
}

/// <summary>A TCP proxy on loopback that delays and breaks what passes through it.</summary>
internal sealed class FlakyProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<TcpClient> _open = [];
    private readonly int _target;
    private int _requests;

    public FlakyProxy(int target)
    {
        _target = target;
        _listener.Start();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    /// <summary>Decides the fate of the n-th request (from 0) with its text.</summary>
    public Func<int, string, Mishap> Fate { get; set; } = (_, _) => Mishap.None;

    /// <summary>How long each answer is held back.</summary>
    public TimeSpan Delay { get; set; }

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public int Requests => _requests;

    public void Dispose()
    {
        _listener.Dispose();
        lock (_open)
            _open.ForEach(client => client.Dispose());
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                var client = _listener.AcceptTcpClient();
                lock (_open)
                    _open.Add(client);
                new Thread(() => Serve(client)) { IsBackground = true }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private void Serve(TcpClient client)
    {
        try
        {
            using (client)
            using (var server = new TcpClient("127.0.0.1", _target))
            {
                while (ReadMessage(client.GetStream()) is { } request && Exchange(client.GetStream(), server.GetStream(), request))
                {
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            client.Dispose();
        }
    }

    /// <summary>Passes one request on; false when the connection is to be closed.</summary>
    private bool Exchange(NetworkStream client, NetworkStream server, byte[] request)
    {
        var fate = Fate(Interlocked.Increment(ref _requests) - 1, Encoding.ASCII.GetString(request));
        if (fate == Mishap.LoseRequest)
            return false;
        if (fate == Mishap.Silence)
            Thread.Sleep(Timeout.Infinite);
        server.Write(request);
        var answer = ReadMessage(server) ?? [];
        if (Delay > TimeSpan.Zero)
            Thread.Sleep(Delay);
        if (fate == Mishap.LoseAnswer)
            return false;
        client.Write(fate is Mishap.CutAnswer or Mishap.StallAnswer ? answer.AsSpan(0, answer.Length / 2) : answer);
        if (fate == Mishap.StallAnswer)
            Thread.Sleep(Timeout.Infinite);
        return fate != Mishap.CutAnswer;
    }

    /// <summary>One HTTP message, by its Content-Length or in chunks; null at the end of the stream.</summary>
    private static byte[]? ReadMessage(NetworkStream stream)
    {
        var bytes = new List<byte>();
        for (var (length, chunked) = (-1, false); chunked ? !EndsWith(bytes, "\r\n0\r\n\r\n"u8) : length < 0 || bytes.Count < length;)
        {
            var next = stream.ReadByte();
            if (next < 0)
                return null;
            bytes.Add((byte)next);
            if (chunked || length >= 0 || !EndsWith(bytes, "\r\n\r\n"u8))
                continue;
            var headers = Encoding.ASCII.GetString([.. bytes]).Split("\r\n");
            var header = headers.FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
            chunked = headers.Any(line => line.StartsWith("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase));
            length = bytes.Count + (header is null ? 0 : int.Parse(header.Split(':')[1]));
        }

        return [.. bytes];
    }

    private static bool EndsWith(List<byte> bytes, ReadOnlySpan<byte> end) =>
        bytes.Count >= end.Length && System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes)[^end.Length..].SequenceEqual(end);
}
