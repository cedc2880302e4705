using System.Text;

namespace CniPlugins.Ipam.Dhcp.Rpc;

/// <summary>Bytes as they come from a socket, until they are lines of HTTP or whole gobs.</summary>
internal sealed class GobStream
{
    private const int LongestGreeting = 4096; // bytes
    private const int LongestMessage = 4 << 20; // bytes: a configuration with its prevResult

    private readonly GobReader _reader = new();
    private byte[] _bytes = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>Where the next bytes go; <see cref="Added"/> says how many came.</summary>
    public Span<byte> Room
    {
        get
        {
            if (_start > 0)
                _bytes.AsSpan(_start.._end).CopyTo(_bytes);
            (_start, _end) = (0, _end - _start);
            if (_end == _bytes.Length)
                Array.Resize(ref _bytes, 2 * _bytes.Length);
            return _bytes.AsSpan(_end);
        }
    }

    private ReadOnlySpan<byte> Unread => _bytes.AsSpan(_start.._end);

    public void Added(int count) => _end += count;

    /// <summary>The lines up to an empty one; null while that has not come.</summary>
    public string? ReadGreeting()
    {
        var (at, length) = (Unread.IndexOf("\n\n"u8), 2);
        if (at < 0)
            (at, length) = (Unread.IndexOf("\r\n\r\n"u8), 4);
        if (at < 0)
            return Unread.Length <= LongestGreeting ? null : throw new GobException("no greeting");
        var text = Encoding.ASCII.GetString(Unread[..at]);
        _start += at + length;
        return text;
    }

    /// <summary>The next struct; null while it has not come as a whole.</summary>
    public GobStruct? Read()
    {
        while (GobReader.LengthOf(Unread, LongestMessage) is { } length && length <= Unread.Length)
        {
            var message = Unread[..length];
            _start += length;
            if (_reader.Read(message) is { } value)
                return value;
        }

        return null;
    }
}
