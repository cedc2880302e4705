using System.Text;
using CniPlugins.Cni;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>What the index knows of an owner: its address files, and when and where they were reserved.</summary>
/// <remarks>A boot that is empty says that somebody else reserved them (upstream's plugin, an operator): nothing more is known then.</remarks>
internal sealed record LeaseRecord(Owner Owner, string BootId, long Created, string Netns, IReadOnlyList<string> Files)
{
    /// <summary>Of the namespace's file at that path; 0 when it was not to be seen.</summary>
    public long NetnsInode { get; init; }

    private const int LongestName = 200;

    /// <summary>A record for files that were found without one.</summary>
    public static LeaseRecord Foreign(Owner owner, IReadOnlyList<string> files) => new(owner, "", 0, "", files);

    /// <summary>The record's own file name: readable, without any character that means something in a path, and never too long.</summary>
    public static string NameFor(Owner owner)
    {
        var name = new StringBuilder();
        var hash = 14695981039346656037UL; // FNV-1a, only to tell names apart that are cut
        foreach (var b in Encoding.UTF8.GetBytes($"{owner.ContainerId}:{owner.IfName}"))
        {
            hash = (hash ^ b) * 1099511628211UL;
            _ = char.IsAsciiLetterOrDigit((char)b) || b is (byte)'_' or (byte)'.' or (byte)'-' or (byte)':' ? name.Append((char)b) : name.Append($"%{b:x2}");
        }

        return name.Length <= LongestName ? name.ToString() : $"{name.ToString(0, LongestName)}~{hash:x16}";
    }

    public byte[] ToFile() => JsonText.Write(
        json =>
        {
            json.WriteStartObject();
            json.WriteString("containerID", Owner.ContainerId);
            json.WriteUnlessEmpty("ifname", Owner.IfName);
            json.WriteUnlessEmpty("bootID", BootId);
            if (Created != 0)
                json.WriteNumber("created", Created);
            json.WriteUnlessEmpty("netns", Netns);
            if (NetnsInode != 0)
                json.WriteNumber("netnsInode", NetnsInode);
            json.WriteUnlessEmpty("files", Files);
            json.WriteEndObject();
        },
        indented: false);

    /// <summary>Reads a record; null when it is torn.</summary>
    public static LeaseRecord? FromFile(ReadOnlyMemory<byte> content)
    {
        try
        {
            var json = ConfigObject.Parse(content);
            return new LeaseRecord(
                new Owner(json.String("containerID") ?? "", json.String("ifname") ?? ""),
                json.String("bootID") ?? "", json.Long("created") ?? 0, json.String("netns") ?? "", json.Strings("files") ?? [])
            {
                NetnsInode = json.Long("netnsInode") ?? 0,
            };
        }
        catch (ConfigException)
        {
            return null;
        }
    }
}
