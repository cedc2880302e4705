using Tmds.Linux;

namespace CniPlugins.Linux;

/// <summary>The clock that nobody sets: time since this boot, and which boot this is.</summary>
internal static class BootClock
{
    /// <summary>CLOCK_BOOTTIME in nanoseconds; comparable between processes of one boot.</summary>
    public static unsafe long Nanoseconds
    {
        get
        {
            timespec now;
            return Libc.clock_gettime(Libc.CLOCK_BOOTTIME, &now) < 0
                ? throw new LibcException(Libc.LastError, "clock_gettime")
                : ((long)now.tv_sec * 1_000_000_000) + now.tv_nsec;
        }
    }

    /// <summary>The kernel's random name of this boot (/proc/sys/kernel/random/boot_id).</summary>
    public static string BootId => Sysctl.Read("kernel/random/boot_id") ?? "";
}
