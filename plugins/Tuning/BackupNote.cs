using System.Globalization;
using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Linux;

namespace CniPlugins.Tuning;

/// <summary>Whose a backup is and when it was made, in the words of other objects on the host; in which boot; and in which namespace the interface is.</summary>
/// <param name="Alias">The owner, as on links (<see cref="Owner.Alias"/>).</param>
/// <param name="BootId">Times and namespaces mean something within one boot only.</param>
/// <param name="NetnsCookie">0 is unknown.</param>
internal sealed record BackupNote(string Alias, string BootId, ulong NetnsCookie)
{
    public static BackupNote Now(AddRequest request, Netns netns) => new(Owner.Of(request).Alias, BootClock.BootId, netns.Cookie);

    /// <summary>A note as it was written; null for another text.</summary>
    public static BackupNote? Parse(string text) =>
        text.Split('\n') is [var alias, var boot, var cookie] && ulong.TryParse(cookie, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new BackupNote(alias, boot, number)
            : null;

    /// <summary>Whether the interface was in another namespace than this one, which then got the other's path.</summary>
    public bool IsOfAnother(Netns netns) =>
        BootId != BootClock.BootId || (NetnsCookie != 0 && netns.Cookie is var cookie and not 0 && cookie != NetnsCookie);

    /// <summary>Whether GC may take it; what is of another boot is older than any call.</summary>
    public bool IsStale(Garbage garbage) => BootId != BootClock.BootId ? garbage.IsNamedIn(Alias) : garbage.HasAlias(Alias);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Alias}\n{BootId}\n{NetnsCookie}");
}
