using System.Buffers;

namespace CniPlugins.Ipam.Dhcp.Rpc;

/// <summary>One direction of a gob stream: a type is described before its first value, and never again.</summary>
internal sealed class GobWriter
{
    private readonly HashSet<int> _described = [];
    private readonly ArrayBufferWriter<byte> _stream = new();

    /// <summary>Adds a struct, and what has to be described before it.</summary>
    public void Write(GobType type, Action<GobBody> value)
    {
        Describe(type);
        Message(type.Id, value);
    }

    /// <summary>What was added since the last time.</summary>
    public byte[] Take()
    {
        var bytes = _stream.WrittenSpan.ToArray();
        _stream.ResetWrittenCount();
        return bytes;
    }

    private void Describe(GobType type)
    {
        if (type.Id < GobWireType.FirstUserId || !_described.Add(type.Id))
            return;
        Message(-type.Id, body => GobWireType.Write(body, type));
        foreach (var part in type.Parts)
            Describe(part);
    }

    /// <summary>Length, type, value.</summary>
    private void Message(int id, Action<GobBody> value)
    {
        var content = new ArrayBufferWriter<byte>();
        var body = new GobBody(content);
        body.WriteSigned(id);
        body.Write(value);
        new GobBody(_stream).WriteUnsigned((ulong)content.WrittenCount);
        _stream.Write(content.WrittenSpan);
    }
}
