using System.Diagnostics;
using System.Runtime.InteropServices;

namespace CniPlugins.Bench;

/// <summary>Measures chains: the contenders take turns, pod after pod, and each that cannot take part leaves a note instead of figures.</summary>
internal sealed class Race(IReadOnlyList<Contender> contenders, IReadOnlyList<Pod> pods, int runs, Notes notes)
{
    private const int WarmUps = 3;
    private const int FewestRuns = 5;

    // A row that takes longer has enough runs by then: it is of what takes a second and more.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>A row for each verb of the chain.</summary>
    public IReadOnlyList<Row> Run(Chain chain) => Run(chain, chain.Name, contenders);

    public IReadOnlyList<Row> Run(Chain chain, string name, IEnumerable<Contender> among)
    {
        var present = among.Where(contender => notes.Passes(name, contender, contender.Lacks(chain))).ToList();
        var figures = present.ToDictionary(contender => contender, _ => chain.Verbs.ToDictionary(verb => verb, _ => new Figures()));
        Turns(present, name, contender => contender.Prepare(chain, pods[0]));
        var started = Stopwatch.GetTimestamp();
        for (var run = -WarmUps; run < runs && (run < FewestRuns || Stopwatch.GetElapsedTime(started) < Patience); run++)
        {
            var pod = pods[(run + WarmUps) % pods.Count];
            Shuffle(present, run);
            Turns(present, name, contender => Measure(contender, chain, pod, run < 0 ? null : figures[contender]));
        }

        Turns(present, name, contender => Count(contender, chain, pods[0], figures[contender]));
        return [.. chain.Verbs.Select(verb => new Row(verb == name ? name : $"{name}: {verb}", chain, verb, present.ToDictionary(c => c, c => figures[c][verb])))];
    }

    private static void Measure(Contender contender, Chain chain, Pod pod, Dictionary<string, Figures>? figures)
    {
        var result = "";
        foreach (var verb in chain.Verbs)
        {
            var total = default(Sample);
            result = contender.Run(chain, verb, pod, result, call =>
            {
                var (output, sample) = call.Measure();
                total += sample;
                return output;
            });
            figures?[verb].Add(total);
        }
    }

    private static void Count(Contender contender, Chain chain, Pod pod, Dictionary<string, Figures> figures)
    {
        var result = "";
        foreach (var verb in chain.Verbs)
        {
            var total = default(Effort);
            result = contender.Run(chain, verb, pod, result, call =>
            {
                var (output, effort) = call.Trace();
                total += effort;
                return output;
            });
            figures[verb].Effort = total;
        }
    }

    /// <summary>Another order each time, the same in each bench: what the kernel still does after one's DEL delays whoever comes next.</summary>
    private static void Shuffle(List<Contender> present, int run) =>
        new Random(run).Shuffle(CollectionsMarshal.AsSpan(present));

    /// <summary>Each in turn; one that fails is out of this race, unless it is ours.</summary>
    private void Turns(List<Contender> present, string name, Action<Contender> turn)
    {
        foreach (var contender in present.ToList())
        {
            try
            {
                turn(contender);
            }
            catch (CallException failure) when (contender != contenders[0])
            {
                notes.Passes(name, contender, failure.Message);
                present.Remove(contender);
            }
        }
    }
}
