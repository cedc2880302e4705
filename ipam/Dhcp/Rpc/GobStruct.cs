using System.Text;

namespace CniPlugins.Ipam.Dhcp.Rpc;

/// <summary>A struct that was read, by the names of its fields; what is not there is zero, as Go leaves it out.</summary>
internal sealed class GobStruct
{
    private readonly Dictionary<string, object> _fields = [];

    public void Set(string name, object value) => _fields[name] = value;

    public string Text(string name) => Encoding.UTF8.GetString(Bytes(name));

    public byte[] Bytes(string name) => Find<byte[]>(name) ?? [];

    public long Int(string name) => FindInt(name) ?? 0;

    public int? FindInt(string name) => !_fields.TryGetValue(name, out var value) ? null
        : value is long number && number == (int)number ? (int)number
        : throw Mismatch(name);

    public ulong Unsigned(string name) => !_fields.TryGetValue(name, out var value) ? 0 : value as ulong? ?? throw Mismatch(name);

    public GobStruct? Find(string name) => Find<GobStruct>(name);

    public IReadOnlyList<GobStruct> Structs(string name) => [.. Items(name).Select(item => item as GobStruct ?? throw Mismatch(name))];

    public IReadOnlyList<string> Texts(string name) =>
        [.. Items(name).Select(item => Encoding.UTF8.GetString(item as byte[] ?? throw Mismatch(name)))];

    private List<object> Items(string name) => Find<List<object>>(name) ?? [];

    private T? Find<T>(string name)
        where T : class =>
        !_fields.TryGetValue(name, out var value) ? null : value as T ?? throw Mismatch(name);

    private static GobException Mismatch(string name) => new($"wrong type for field {name}");
}
