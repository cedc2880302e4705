namespace CniPlugins.Tests.Faults;

/// <summary>One fault in one call, and what the runtime does then.</summary>
/// <param name="Subject">The plugin of the chain that the fault goes into.</param>
/// <param name="Verb">The verb that it happens in.</param>
/// <param name="Fault">What goes wrong.</param>
/// <param name="Then">Who cleans up.</param>
internal sealed record Trial(int Subject, string Verb, Fault Fault, CleanUp Then)
{
    /// <summary>Whether there is no pod any more when all is over; the bench then needs a new one.</summary>
    public bool IsPodGone => Then == CleanUp.Gc || Verb == "GC";

    /// <summary>Does it; what was wrong with the faulty call's answer, and what could not be cleaned up.</summary>
    public Outcome Run(Bench bench)
    {
        try
        {
            var problem = Verb switch { "ADD" => Add(bench), "DEL" => Del(bench), _ => Gc(bench) };
            return new Outcome(this, problem, [], bench.HasStruck);
        }
        catch (InvalidOperationException e)
        {
            return new Outcome(this, null, [$"cannot be cleaned up: {e.Message}"], bench.HasStruck);
        }
    }

    /// <summary>After a failure the runtime has no result; a fault that did no harm is not seen.</summary>
    private string? Add(Bench bench)
    {
        string? problem = null;
        var result = "";
        var made = new Stack<int>();
        foreach (var i in bench.Order("ADD"))
        {
            var reply = i == Subject ? bench.Call("ADD", i, result, Fault) : bench.Call("ADD", i, result, bench.Id, bench.Pod);
            if (i == Subject)
                problem = reply.Problem("ADD", Fault);
            if (!reply.IsSuccess)
            {
                problem ??= i == Subject ? null : $"the next plugin's ADD failed: {reply.Output}";
                result = "";
                break;
            }

            result = reply.Output;
            made.Push(i);
        }

        if (Then == CleanUp.Nobody)
            bench.DelAll("", made);
        else
            TakeAway(bench, result);
        return problem;
    }

    /// <summary>A DEL that fails stops, and the runtime begins anew; one that succeeds is not repeated.</summary>
    private string? Del(Bench bench)
    {
        string? problem = null;
        var result = bench.AddAll(bench.Id, bench.Pod);
        var isDone = true;
        foreach (var i in bench.Order("DEL"))
        {
            var reply = i == Subject ? bench.Call("DEL", i, result, Fault) : bench.Call("DEL", i, result, bench.Id, bench.Pod);
            if (i == Subject)
                problem = reply.Problem("DEL", Fault);
            isDone = reply.IsSuccess;
            if (!isDone)
                break;
        }

        if (Then == CleanUp.Gc || !isDone)
            TakeAway(bench, result);
        return problem;
    }

    private string? Gc(Bench bench)
    {
        string? problem = null;
        bench.AddAll(bench.Id, bench.Pod);
        bench.Forget();
        var isDone = true;
        foreach (var i in bench.Order("GC"))
        {
            var reply = i == Subject ? bench.Call("GC", i, "", Fault) : bench.Call("GC", i, "", bench.Id, bench.Pod);
            if (i == Subject)
                problem = reply.Problem("GC", Fault);
            isDone &= reply.IsSuccess;
        }

        if (!isDone)
            bench.RunAll("GC", "");
        return problem;
    }

    private void TakeAway(Bench bench, string result)
    {
        if (Then == CleanUp.Del)
        {
            bench.DelAll(result);
            return;
        }

        bench.Forget();
        bench.RunAll("GC", "");
    }

    public override string ToString() => $"{Verb} of plugin {Subject}, then {(Verb == "GC" ? CleanUp.Gc : Then)}: {Fault}";
}

/// <summary>What came of a trial.</summary>
/// <param name="Trial">The trial.</param>
/// <param name="Problem">What was wrong with the faulty call's answer.</param>
/// <param name="Debris">What was left, or harmed.</param>
/// <param name="HasStruck">Whether the fault came about.</param>
internal sealed record Outcome(Trial Trial, string? Problem, IReadOnlyList<string> Debris, bool HasStruck);
