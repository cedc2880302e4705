using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Model;

namespace CniPlugins.Ipam.Blocks.Releasing;

/// <summary>The settings as far as a release needs them: how long addresses rest. Settings that cannot be read are no reason to keep an address.</summary>
internal static class ReleaseSettings
{
    public static BlockSettings From(IReadOnlyList<Entry> answer)
    {
        if (answer is not [var entry, ..])
            return new BlockSettings();
        if (entry.Value is BlockSettings settings)
            return settings;
        Linux.StandardError.WriteLine($"{entry.Key} in the datastore cannot be read: {(entry.Value as Unreadable)?.Why}; released addresses do not rest");
        return new BlockSettings();
    }
}
