namespace CniPlugins.Fuzz;

/// <summary>Ends the run when one input takes longer than any may, and leaves that input behind.</summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60); // a machine may be busy; what hangs, hangs

    private readonly string _directory;
    private readonly Timer _timer;
    private readonly Lock _lock = new();
    private string _target = "";
    private byte[]? _input;
    private long _started;

    public Watchdog(string directory)
    {
        _directory = directory;
        _timer = new Timer(_ => Look(), null, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));
    }

    public void Begin(string target, byte[] input)
    {
        lock (_lock)
            (_target, _input, _started) = (target, input, Environment.TickCount64);
    }

    public void End()
    {
        lock (_lock)
            _input = null;
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        lock (_lock)
        {
            if (_input is null || Environment.TickCount64 - _started < Limit.TotalMilliseconds)
                return;
            Directory.CreateDirectory(_directory);
            var file = Path.Combine(_directory, $"{_target}-hangs");
            File.WriteAllBytes(file, _input);
            Console.WriteLine($"{_target}: no end after {Limit.TotalSeconds} s: {file}");
            Environment.Exit(2);
        }
    }
}
