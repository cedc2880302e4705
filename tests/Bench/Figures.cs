namespace CniPlugins.Bench;

/// <summary>All samples of one verb of a chain by one contender, and the count of a run apart.</summary>
internal sealed class Figures
{
    private readonly List<Sample> _samples = [];

    public Effort Effort { get; set; }

    public double Median => Percentile(sample => sample.Milliseconds, 50);

    public double P99 => Percentile(sample => sample.Milliseconds, 99);

    public double Cpu => Percentile(sample => sample.Cpu, 50);

    public double MiB => Percentile(sample => sample.KiB, 50) / 1024;

    public bool Any => _samples.Count > 0;

    public void Add(Sample sample) => _samples.Add(sample);

    private double Percentile(Func<Sample, double> figure, int percent) =>
        _samples.Select(figure).Order().ElementAt(Math.Min(_samples.Count - 1, _samples.Count * percent / 100));
}
