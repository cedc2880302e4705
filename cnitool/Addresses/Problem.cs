using CniPlugins.Cni;

namespace CniPlugins.Cnitool.Addresses;

/// <summary>Something in an address plugin's state that should not be so.</summary>
/// <param name="Kind">one or two words, the same for all of its kind: <c>leaked address</c></param>
/// <param name="Subject">the object: an address, a handle, a key</param>
/// <param name="Message">what is the matter with it, and what to do where that is not clear</param>
internal sealed record Problem(string Kind, string Subject, string Message)
{
    /// <summary>The kind of an address that nobody uses any more.</summary>
    public const string LeakedAddress = "leaked address";

    /// <summary>Whether <c>release --from-report</c> may take it away.</summary>
    public bool IsReleasable { get; init; }

    /// <summary>What it was exactly when it was found (owner, sequence number, revision): the same address may have been given to another since.</summary>
    public string Fingerprint { get; init; } = "";

    public void Write(JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("kind", Kind);
        json.WriteString("subject", Subject);
        json.WriteString("message", Message);
        if (IsReleasable)
            json.WriteBoolean("releasable", true);
        json.WriteUnlessEmpty("fingerprint", Fingerprint);
        json.WriteEndObject();
    }

    /// <summary>A problem out of a report; throws <see cref="ConfigException"/> when it is none.</summary>
    public static Problem Read(ConfigObject json) => new(json.String("kind") ?? "", json.String("subject") ?? "", json.String("message") ?? "")
    {
        IsReleasable = json.Bool("releasable") ?? false,
        Fingerprint = json.String("fingerprint") ?? "",
    };
}
