namespace CniPlugins.Ipam.Blocks.Datastores;

/// <summary>The moment by which a call must have ended, on the monotonic clock: the wall clock may jump.</summary>
internal readonly record struct Deadline
{
    private readonly long _end; // ms of Environment.TickCount64

    private Deadline(long end) => _end = end;

    public static Deadline After(TimeSpan time) => new(Environment.TickCount64 + (long)time.TotalMilliseconds);

    /// <summary>What is left; never negative.</summary>
    public TimeSpan Remaining => TimeSpan.FromMilliseconds(Math.Max(0, _end - Environment.TickCount64));

    public bool HasPassed => Environment.TickCount64 >= _end;

    /// <summary>This one, or one so far away if that is later: for what must be put right after a failure.</summary>
    public Deadline AtLeast(TimeSpan time) => After(time) is var other && other._end > _end ? other : this;

    /// <summary>This one, or one so far away if that is earlier: for a single request.</summary>
    public Deadline AtMost(TimeSpan time) => After(time) is var other && other._end < _end ? other : this;

    /// <exception cref="DatastoreException">It has passed (Unavailable, code 11).</exception>
    public void ThrowIfPassed(string what)
    {
        if (HasPassed)
            throw new DatastoreException(DatastoreFailure.Unavailable, $"{what}: no answer in time");
    }
}
