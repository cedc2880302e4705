using CniPlugins.Ipam.Blocks.Datastores;

namespace CniPlugins.Ipam.Blocks;

/// <summary>The attempts of one compare-and-swap: 100 at most, with growing random waits, and none after the deadline.</summary>
internal struct Attempts(Clock clock, Deadline deadline)
{
    private const int Most = 100;
    private const int LongestWait = 128; // ms

    private int _failed;

    /// <summary>Somebody else was faster: waits a little, so that those who collide do not collide again.</summary>
    /// <exception cref="IpamException">It was the last attempt.</exception>
    public void Again(string what)
    {
        if (++_failed >= Most)
            throw new IpamException(IpamFailure.TooManyRetries, "Max retries hit - excessive concurrent IPAM requests", what);
        deadline.ThrowIfPassed(what);
        if (_failed > 1) // the first collision is mostly over when it is seen
            clock.Pause(TimeSpan.FromMilliseconds(Random.Shared.Next(1, Math.Min(LongestWait, 1 << Math.Min(_failed, 7)) + 1)));
    }
}
