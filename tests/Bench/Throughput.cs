using System.Diagnostics;

namespace CniPlugins.Bench;

/// <summary>Pods that come and go per second, so many at once.</summary>
internal sealed class Throughput(Chain chain, IReadOnlyList<Pod> pods, Notes notes)
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(5);

    /// <summary>Pods per second by everyone who can, one after another.</summary>
    public IReadOnlyDictionary<Contender, double> Measure(IReadOnlyList<Contender> contenders, int atOnce)
    {
        var rates = new Dictionary<Contender, double>();
        foreach (var contender in contenders)
        {
            try
            {
                if (notes.Passes($"{atOnce} at once", contender, contender.Lacks(chain)))
                    rates[contender] = Rate(contender, atOnce);
            }
            catch (CallException failure) when (contender != contenders[0])
            {
                notes.Passes($"{atOnce} at once", contender, failure.Message);
            }
        }

        return rates;
    }

    private double Rate(Contender contender, int atOnce)
    {
        contender.Prepare(chain, pods[0]);
        CallException? failure = null;
        var done = 0;
        var started = Stopwatch.GetTimestamp();
        var workers = pods.Take(atOnce).Select(pod => new Thread(() =>
        {
            try
            {
                while (failure is null && Stopwatch.GetElapsedTime(started) < Duration)
                {
                    var result = contender.Run(chain, "ADD", pod, "", call => call.Run());
                    contender.Run(chain, "DEL", pod, result, call => call.Run());
                    Interlocked.Increment(ref done);
                }
            }
            catch (CallException e)
            {
                failure = e;
            }
        })).ToList();
        workers.ForEach(worker => worker.Start());
        workers.ForEach(worker => worker.Join());
        return failure is null ? done / Stopwatch.GetElapsedTime(started).TotalSeconds : throw failure;
    }
}
