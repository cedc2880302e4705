namespace CniPlugins.Linux;

/// <summary>How many files a process may have open.</summary>
internal static class DescriptorLimit
{
    /// <summary>ulimit -n: as many as the process may allow itself; the usual 1,024 are for programs that use select(2).</summary>
    public static unsafe void Raise()
    {
        Libc.rlimit limit;
        if (Libc.getrlimit(Libc.RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
            return;
        limit.rlim_cur = limit.rlim_max;
        _ = Libc.setrlimit(Libc.RLIMIT_NOFILE, &limit);
    }
}
