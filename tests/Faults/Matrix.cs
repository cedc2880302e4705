namespace CniPlugins.Tests.Faults;

/// <summary>All trials of a network, or some of them, and the count of what they found.</summary>
internal sealed class Matrix(Network network, string bin, Action<string> say) : IDisposable
{
    // Looking costs as much as a trial; when something is found, each of the trials since the last look is done again by itself.
    private const int TrialsPerLook = 16;

    // The runtime's threads take turns differently from run to run, and then a call is the next but one of its name.
    private const int Tries = 3;

    private static readonly string[] Verbs = ["ADD", "DEL", "GC"];

    private Bench _bench = new(network, bin);
    private HostState? _used;

    /// <summary>Runs the trials that are chosen of each verb of each plugin; reports every one that finds something.</summary>
    public IReadOnlyList<Tally> Run(IReadOnlyCollection<string> verbs, IReadOnlyCollection<CleanUp> cleanUps, Func<IReadOnlyList<Trial>, IReadOnlyList<Trial>> choose)
    {
        var tallies = new List<Tally>();
        foreach (var (subject, verb) in network.Subjects.SelectMany(subject => Verbs.Where(verbs.Contains).Select(verb => (subject, verb))))
        {
            var tally = new Tally(network, subject, verb);
            if (network.IsFirst)
                UseHost();
            var sites = _bench.Record(subject, verb);
            foreach (var then in cleanUps)
            {
                Renew();
                var trials = Trials(subject, verb, sites, then);
                tally.All += trials.Count;
                foreach (var some in choose(trials).Chunk(network.IsFirst ? 1 : TrialsPerLook))
                    RunSome(some, tally);
            }

            tallies.Add(tally);
            say(tally.ToString());
        }

        return tallies;
    }

    public void Dispose() => _bench.Dispose();

    /// <summary>A new host; in a pod that is new nothing is yet what a first ADD leaves in it.</summary>
    private void Renew()
    {
        _bench.Dispose();
        _bench = new Bench(network, bin);
        if (_used is null)
            _bench.Remember();
        else
            _bench.Remember(_used);
    }

    /// <summary>How a host is that was used once, and then one that was not.</summary>
    private void UseHost()
    {
        _bench.Cycle();
        _used = _bench.Remember();
        Renew();
    }

    private void RunSome(Trial[] some, Tally tally)
    {
        if (network.IsFirst)
            Renew();
        var outcomes = some.Select(Run).ToList();
        var debris = _bench.Debris(withPod: !some[0].IsPodGone && !network.IsFirst);
        if (debris.Count > 0 || outcomes.Any(outcome => outcome.Debris.Count > 0))
        {
            Renew();
            outcomes = [.. some.Select(RunAlone)];
            if (outcomes.All(outcome => outcome.Debris.Count == 0))
                outcomes[^1] = outcomes[^1] with { Debris = [$"of one of the last {some.Length} trials, and not again:", .. debris] };
        }

        _bench.ForgetEarlier();
        foreach (var outcome in outcomes)
        {
            tally.Add(outcome);
            Report(outcome);
        }
    }

    private Outcome Run(Trial trial)
    {
        for (var again = Tries; ;)
        {
            var outcome = trial.Run(_bench);
            if (trial.IsPodGone && network.HasPod)
                _bench.RenewPod();
            _bench.Advance();
            if (outcome.HasStruck || outcome.Debris.Count > 0 || --again == 0)
                return network.IsFirst ? Follow(outcome) : outcome;
            if (network.IsFirst)
                Renew();
        }
    }

    /// <summary>What the fault left half made must not be in the next attachment's way.</summary>
    private Outcome Follow(Outcome outcome)
    {
        try
        {
            _bench.Cycle();
            return outcome;
        }
        catch (InvalidOperationException e)
        {
            return outcome with { Debris = [.. outcome.Debris, $"the next attachment: {e.Message}"] };
        }
    }

    private Outcome RunAlone(Trial trial)
    {
        var outcome = Run(trial);
        outcome = outcome with { Debris = [.. outcome.Debris, .. _bench.Debris(withPod: !trial.IsPodGone && !network.IsFirst)] };
        if (outcome.Debris.Count > 0)
            Renew();
        return outcome;
    }

    /// <summary>
    /// The runtime's own calls come between those of the plugin: one way to clean up is enough for them. Its start is the same whatever the plugin: it is tried once
    /// for each executable.
    /// </summary>
    private List<Trial> Trials(int subject, string verb, IReadOnlyList<CallSite> sites, CleanUp then)
    {
        var isPossible = (verb, then) switch
        {
            ("GC", CleanUp.Gc) => network.IsCollected,
            ("GC", _) => false,
            (_, CleanUp.Gc) => network.HasPod && network.IsCollected,
            (_, CleanUp.Nobody) => verb == "ADD",
            _ => true,
        };
        var faults = Fault.Of(sites).Where(fault => !fault.Site.IsStart || network.HasStart);
        if (then == CleanUp.Nobody)
            faults = faults.Where(fault => fault.LeavesTheWordToThePlugin);
        else if (verb != "GC" && then == CleanUp.Gc)
            faults = faults.Where(fault => fault.Site.IsOwn);
        return isPossible ? [.. faults.Select(fault => new Trial(subject, verb, fault, then))] : [];
    }

    private void Report(Outcome outcome)
    {
        if (!outcome.HasStruck)
            say($"{network.Name}: missed: {outcome.Trial}");
        if (outcome.Debris.Count == 0 && (outcome.Problem is null || !outcome.Trial.Fault.Counts))
            return;
        say($"{network.Name}: {outcome.Trial}");
        if (outcome.Problem is { } problem)
            say($"    answer: {problem}");
        foreach (var line in outcome.Debris)
            say($"    {line}");
    }
}
