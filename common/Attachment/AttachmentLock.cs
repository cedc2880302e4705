using System.Buffers.Binary;
using System.Text;
using CniPlugins.Digest;
using CniPlugins.Linux;

namespace CniPlugins.Attachment;

/// <summary>Held by whoever has iptables' programs make or remove an attachment's rules, and by who is to find all of them.</summary>
/// <remarks>
/// A plugin may be killed while its iptables-restore runs, which runs on and may commit when the DEL that follows has looked already. So the program inherits the
/// lock, and DEL waits until nobody has it any more: a byte for each container of a network, for its interfaces share chains.
/// </remarks>
internal static class AttachmentLock
{
    /// <summary>Where the locks are; who makes what the pods share locks the file as a whole, which is another kind of lock.</summary>
    public const string LockFile = $"{StateDirectory}/iptables.lock";

    private const string StateDirectory = "/run/cni";

    // Longer than iptables-restore waits for the lock of its own kind, shorter than a runtime's patience.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <summary>For ADD: throws <see cref="TimeoutException"/> when another call of the same attachment does not come to its end.</summary>
    public static FileLock Take(string network, string containerId)
    {
        DiskFile.CreateDirectories(StateDirectory, 0x1ed); // 0755
        return FileLock.TakeByte(LockFile, ByteOf(network, containerId), 0x180, Limit) ?? throw new LibcException(Errno.ENOENT, $"open {LockFile}"); // 0600
    }

    /// <summary>The same for DEL: null where no ADD has ever taken one.</summary>
    public static FileLock? TakeIfUsed(string network, string containerId) => FileLock.TakeByte(LockFile, ByteOf(network, containerId), mode: null, Limit);

    private static long ByteOf(string network, string containerId) =>
        BinaryPrimitives.ReadInt64BigEndian(Sha512.Hash(Encoding.UTF8.GetBytes(network + containerId))) & long.MaxValue;
}
