using CniPlugins.Linux;

namespace CniPlugins.HostDevice;

/// <summary>What sysfs says of a device: its driver, and which network devices it is.</summary>
internal static class Sysfs
{
    /// <summary>ls -d PATH.</summary>
    public static bool Exists(string path) => FileStatus.Of(path) is not null;

    /// <summary>basename $(readlink PATH/driver); empty when it has none.</summary>
    public static string DriverOf(string path) => SymbolicLink.Find($"{path}/driver") is { } target ? Path.GetFileName(target) : "";

    /// <summary>ls PATH/net, in order; those of a virtio device are one floor lower.</summary>
    public static IReadOnlyList<string> NetworkDevicesOf(string path)
    {
        var own = DiskFile.Names($"{path}/net");
        if (own.Count > 0)
            return [.. own.Order(StringComparer.Ordinal)];
        return
        [
            .. DiskFile.Names(path).Where(name => name.StartsWith("virtio", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
                .SelectMany(name => DiskFile.Names($"{path}/{name}/net")),
        ];
    }
}
