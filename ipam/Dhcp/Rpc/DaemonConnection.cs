using CniPlugins.Cni;
using CniPlugins.Linux;

namespace CniPlugins.Ipam.Dhcp.Rpc;

/// <summary>A plugin's connection to the DHCP daemon: Go's net/rpc after HTTP's CONNECT, by which either suite's plugin speaks to either's daemon.</summary>
internal sealed class DaemonConnection : IDisposable
{
    // A daemon gives up by itself (-resendtimeout, 208 s by default); this is for one that hangs.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(300);

    private readonly UnixSocket _socket;
    private readonly GobStream _stream = new();
    private readonly GobWriter _writer = new();
    private ulong _sequence;

    private DaemonConnection(UnixSocket socket) => _socket = socket;

    /// <summary>Connects and greets; throws <see cref="LibcException"/> <c>dial unix PATH: connect: cause</c> where nobody listens.</summary>
    public static DaemonConnection Open(string path)
    {
        var connection = new DaemonConnection(UnixSocket.Connect(path, Limit));
        try
        {
            connection.Send(CallHeader.Connect);
            string? greeting;
            while ((greeting = connection._stream.ReadGreeting()) is null)
                connection.Receive();
            return greeting.Contains("200 Connected to Go RPC", StringComparison.Ordinal)
                ? connection
                : throw new GobException($"unexpected HTTP response: {greeting}");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Calls a method and waits for its answer; throws <see cref="RpcException"/> with the daemon's own words.</summary>
    public GobStruct Call(string method, CmdArgs arguments)
    {
        new CallHeader(method, _sequence++).WriteRequest(_writer);
        arguments.Write(_writer);
        Send(_writer.Take());
        var header = CallHeader.Read(Next());
        var answer = Next();
        return header.Error.Length == 0 ? answer : throw new RpcException(header.Error);
    }

    public void Dispose() => _socket.Dispose();

    private GobStruct Next()
    {
        while (true)
        {
            if (_stream.Read() is { } value)
                return value;
            Receive();
        }
    }

    private void Receive()
    {
        var count = _socket.Read(_stream.Room) ?? throw new TimeoutException($"no answer from the DHCP daemon in {Limit.TotalSeconds:0} s");
        if (count == 0)
            throw new RpcException("unexpected EOF");
        _stream.Added(count);
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[_socket.Write(bytes)..];
    }
}
