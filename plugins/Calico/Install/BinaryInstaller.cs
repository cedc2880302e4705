using System.Runtime.Versioning;
using CniPlugins.Linux;

namespace CniPlugins.Calico.Install;

/// <summary>
/// Puts the image's executables into a directory of the host. Names that are one file in the image are one file there, and each appears by a rename: a runtime
/// that executes a plugin at that moment gets the old one or the new one.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class BinaryInstaller(string source, InstallSettings settings)
{
    private const UnixFileMode Executable = (UnixFileMode)0x1ed; // 0755

    /// <summary>The names to install: all of the image's but this one's own and those to be skipped.</summary>
    private IEnumerable<string> Names => DiskFile.Names(source).Where(name => name is not "install" && !name.StartsWith('.')
        && (name is "calico" or "calico-ipam" || !settings.Skipped.Contains(name)) && FileStatus.Of(Path.Combine(source, name)) is { IsRegular: true });

    /// <summary>Installs into the first directories that can be written to; throws when there is none.</summary>
    public IReadOnlyList<string> Install(IReadOnlyList<string> directories)
    {
        var installed = directories.Where(IsWritable).ToList();
        foreach (var directory in installed)
            Install(directory);
        return installed.Count > 0 || (!settings.Updates && directories.Any(HasBoth)) ? installed
            : throw new InstallException($"none of {string.Join(", ", directories)} can be written to: mount the host's /opt/cni/bin there");
    }

    private void Install(string directory)
    {
        foreach (var names in Names.GroupBy(name => FileStatus.Of(Path.Combine(source, name))!.Value.Inode))
        {
            var wanted = names.Where(name => settings.Updates || FileStatus.Of(Path.Combine(directory, name)) is null).ToList();
            if (wanted.Count == 0 || wanted.All(name => IsSame(Path.Combine(source, name), Path.Combine(directory, name))))
                continue;
            var whole = HostFile.TemporaryFor(Path.Combine(directory, wanted[0]));
            Copy(Path.Combine(source, wanted[0]), whole);
            try
            {
                foreach (var name in wanted)
                    Put(whole, Path.Combine(directory, name));
            }
            finally
            {
                _ = DiskFile.Delete(whole);
            }
        }
    }

    /// <summary>ln WHOLE .NAME.PID.link; mv .NAME.PID.link NAME.</summary>
    private static void Put(string whole, string path)
    {
        var link = $"{HostFile.TemporaryFor(path)}.link";
        _ = DiskFile.Delete(link);
        if (DiskFile.TryLink(whole, link) is var failure and not Errno.None)
            throw new LibcException(failure, $"link {whole} {link}");
        DiskFile.Rename(link, path);
    }

    private static void Copy(string from, string to)
    {
        _ = DiskFile.Delete(to);
        using (var read = new FileStream(from, FileMode.Open, FileAccess.Read))
        using (var write = new FileStream(to, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Executable }))
        {
            read.CopyTo(write);
            write.Flush(flushToDisk: true); // or a power loss leaves an empty plugin under a name that was good before
        }

        File.SetUnixFileMode(to, Executable);
    }

    private static bool IsSame(string one, string other)
    {
        if (FileStatus.Of(other) is not { IsRegular: true } || new FileInfo(one).Length != new FileInfo(other).Length || (File.GetUnixFileMode(other) & Executable) != Executable)
            return false;
        using var first = File.OpenRead(one);
        using var second = File.OpenRead(other);
        var (a, b) = (new byte[1 << 16], new byte[1 << 16]);
        while (true)
        {
            var count = first.ReadAtLeast(a, a.Length, throwOnEndOfStream: false);
            if (second.ReadAtLeast(b, b.Length, throwOnEndOfStream: false) != count || !a.AsSpan(0, count).SequenceEqual(b.AsSpan(0, count)))
                return false;
            if (count == 0)
                return true;
        }
    }

    private static bool HasBoth(string directory) => FileStatus.Of(Path.Combine(directory, "calico")) is not null && FileStatus.Of(Path.Combine(directory, "calico-ipam")) is not null;

    /// <summary>Whether a file can be made in it.</summary>
    private static bool IsWritable(string directory)
    {
        try
        {
            var probe = Path.Combine(directory, ".touch");
            DiskFile.Write(probe, [], 0x180);
            return DiskFile.Delete(probe);
        }
        catch (LibcException)
        {
            return false;
        }
    }
}
