using System.Text;
using CniPlugins.Ipam.Dhcp.Rpc;
using CniPlugins.Linux;

namespace CniPlugins.Ipam.Dhcp.Daemon;

/// <summary>A plugin's connection, as the daemon sees it: a greeting, then calls, of which each is answered when it can be.</summary>
internal sealed class ServerConnection
{
    private readonly EventLoop _loop;
    private readonly UnixSocket _socket;
    private readonly Action<PendingCall> _called;
    private readonly GobStream _stream = new();
    private readonly GobWriter _writer = new();
    private readonly HashSet<PendingCall> _pending = [];
    private CallHeader? _header;
    private bool _isGreeted;
    private bool _isClosed;

    public ServerConnection(EventLoop loop, UnixSocket socket, Action<PendingCall> called)
    {
        _loop = loop;
        _socket = socket;
        _called = called;
        loop.Watch(socket.Handle, Receive);
    }

    /// <summary>Sends an answer; false when nobody is there to take it.</summary>
    public bool TryAnswer(PendingCall call, CallHeader header, Action<GobWriter> body)
    {
        if (_isClosed || !_pending.Remove(call))
            return false;
        header.WriteResponse(_writer);
        body(_writer);
        return TrySend(_writer.Take());
    }

    private void Receive()
    {
        try
        {
            while (_socket.Read(_stream.Room) is { } count)
            {
                if (count == 0)
                {
                    Close();
                    return;
                }

                _stream.Added(count);
                if (!Understand())
                    return;
            }
        }
        catch (Exception e) when (e is LibcException or GobException or OverflowException)
        {
            StandardError.WriteLine($"a plugin's connection: {e.Message}");
            Close();
        }
    }

    /// <summary>Takes in what has come as a whole; false when the connection is over.</summary>
    private bool Understand()
    {
        if (!_isGreeted)
        {
            if (_stream.ReadGreeting() is not { } greeting)
                return true;
            _isGreeted = greeting.StartsWith("CONNECT /_goRPC_ ", StringComparison.Ordinal);
            if (!TrySend(_isGreeted ? CallHeader.Connected : "HTTP/1.0 405 Method Not Allowed\n\n405 must CONNECT\n"u8) || !_isGreeted)
            {
                Close();
                return false;
            }
        }

        while (_stream.Read() is { } value)
        {
            if (_header is not { } header)
            {
                _header = CallHeader.Read(value);
                continue;
            }

            _header = null;
            var call = new PendingCall(this, header, CmdArgs.Read(value));
            _pending.Add(call);
            _called(call);
        }

        return !_isClosed;
    }

    /// <summary>An answer always fits into an empty buffer; a plugin that does not read is none.</summary>
    private bool TrySend(ReadOnlySpan<byte> bytes)
    {
        try
        {
            if (_socket.Write(bytes) == bytes.Length)
                return true;
        }
        catch (LibcException e)
        {
            StandardError.WriteLine($"a plugin's connection: {e.Message}");
        }

        Close();
        return false;
    }

    private void Close()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        _loop.Unwatch(_socket.Handle);
        _socket.Dispose();
        foreach (var call in _pending)
            call.Abandoned?.Invoke();
        _pending.Clear();
    }
}
