using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using CniPlugins.Fuzz.Mutation;

namespace CniPlugins.Fuzz;

/// <summary>Inputs for one target: the corpus as it is, then whatever the seed makes of it. The same seed makes the same inputs.</summary>
internal sealed class Campaign
{
    private const long AllocationLimit = 96L << 20;
    private const long AllocationPerByte = 4096;
    private const int MostViolations = 20;

    private readonly Target _target;
    private readonly Watchdog _watchdog;
    private readonly Func<byte[]> _next;
    private readonly IReadOnlyList<(string Name, byte[] Bytes)> _corpus;
    private int _fromCorpus;

    public Campaign(Target target, int seed, Watchdog watchdog)
    {
        _target = target;
        _watchdog = watchdog;
        _corpus = CorpusFolder.Read(target.Corpus);
        var random = new Random(target.Name.Aggregate(seed, (hash, c) => unchecked((hash * 31) + c)));
        IReadOnlyList<byte[]> examples = [.. _corpus.Select(file => file.Bytes)];
        _next = target.Grammar switch
        {
            Grammar.Json => new JsonMutator(random, examples).Next,
            Grammar.Netlink => new NetlinkMutator(random, examples).Next,
            Grammar.Call => new CallMutator(random, examples).Next,
            _ => () => new ByteMutator(random, examples).Change(examples[random.Next(examples.Count)]),
        };
    }

    public Tally Tally { get; } = new();

    /// <summary>Tries so many more inputs, or as many as the time allows.</summary>
    public void Run(long inputs, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0L; i < inputs && clock.Elapsed < limit && Tally.Violations.Count < MostViolations; i++)
        {
            var input = _fromCorpus < _corpus.Count ? _corpus[_fromCorpus++].Bytes : _next();
            var started = clock.Elapsed;
            if (Try(input) is { } problem && !Tally.Violations.ContainsKey(problem))
                Tally.Violations.Add(problem, Minimizer.Shrink(input, smaller => Try(smaller) == problem));
            if (clock.Elapsed - started > Tally.Longest)
                Tally.Longest = clock.Elapsed - started;
        }
    }

    /// <summary>What is wrong with the target's answer to an input, or null.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Any exception that the target has no business to throw is what is looked for.")]
    public string? Try(byte[] input)
    {
        _watchdog.Begin(_target.Name, input);
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            _target.Try(input);
            Tally.Accepted++;
        }
        catch (Exception e) when (e is not ViolationException && _target.Refusals.Any(type => type.IsInstanceOfType(e)))
        {
            Tally.Refused++;
        }
        catch (ViolationException e)
        {
            Tally.Refused++;
            return e.Message;
        }
        catch (Exception e)
        {
            Tally.Refused++;
            var frames = (e.StackTrace ?? "").Split('\n').Where(line => line.Contains("CniPlugins", StringComparison.Ordinal)).Take(2).Select(line => line.Trim().Split('(')[0]);
            return $"{e.GetType().Name} {string.Join(" ", frames)}";
        }
        finally
        {
            _watchdog.End();
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Tally.MostAllocated = Math.Max(Tally.MostAllocated, allocated);
        return allocated > AllocationLimit + (AllocationPerByte * input.Length) ? "allocates too much" : null;
    }
}
