namespace CniPlugins.Bench;

/// <summary>
/// What one verb of a chain took: time from start to end and CPU time (user and system) of all its processes together, and the largest resident set among them.
/// </summary>
internal readonly record struct Sample(double Milliseconds, double Cpu, int KiB)
{
    public static Sample operator +(Sample a, Sample b) => new(a.Milliseconds + b.Milliseconds, a.Cpu + b.Cpu, Math.Max(a.KiB, b.KiB));
}
