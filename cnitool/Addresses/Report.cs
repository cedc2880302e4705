using CniPlugins.Cni;

namespace CniPlugins.Cnitool.Addresses;

/// <summary>What a check found, as a file that a later release goes by.</summary>
internal sealed record Report(IReadOnlyList<Report.Entry> Entries)
{
    private const string Format = "cnitool ipam check 1";

    public byte[] ToBytes() => JsonText.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteStartArray("networks");
        foreach (var entry in Entries)
        {
            json.WriteStartObject();
            json.WriteString("network", entry.Network);
            json.WriteString("state", entry.State);
            json.WriteStartArray("problems");
            foreach (var problem in entry.Problems)
                problem.Write(json);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>Reads a report; throws <see cref="CniException"/> for a file that is none.</summary>
    public static Report Parse(ReadOnlyMemory<byte> bytes, string file)
    {
        try
        {
            var root = ConfigObject.Parse(bytes);
            return root.String("format") == Format
                ? new Report([.. root.Objects("networks")?.Select(Read) ?? []])
                : throw new CniException($"{file} is no report of cnitool ipam check");
        }
        catch (ConfigException e)
        {
            throw CniException.Because($"{file} is no report of cnitool ipam check", e);
        }
    }

    private static Entry Read(ConfigObject json) =>
        new(json.String("network") ?? "", json.String("state") ?? "", [.. json.Objects("problems")?.Select(Problem.Read) ?? []]);

    /// <summary>What was found in one network's, or one datastore's, state.</summary>
    internal sealed record Entry(string Network, string State, IReadOnlyList<Problem> Problems);
}
