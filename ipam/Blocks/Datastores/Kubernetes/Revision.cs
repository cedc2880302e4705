namespace CniPlugins.Ipam.Blocks.Datastores.Kubernetes;

/// <summary>What an update or deletion is compared with: the object's UID, which one of the same name made later does not have, and its resourceVersion.</summary>
internal readonly record struct Revision(string Uid, string Version)
{
    public static Revision Of(Entry entry) => entry.Revision.Split('/') is [var uid, var version] ? new Revision(uid, version) : throw new ArgumentException("not ours", nameof(entry));

    public override string ToString() => $"{Uid}/{Version}";
}
