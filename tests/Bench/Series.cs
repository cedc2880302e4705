using System.Diagnostics;

namespace CniPlugins.Bench;

/// <summary>A chain measured on hosts that hold more and more of something.</summary>
/// <param name="Chain">What is measured.</param>
/// <param name="What">What they hold.</param>
/// <param name="Levels">So many, one after another.</param>
internal abstract record Series(Chain Chain, string What, IReadOnlyList<int> Levels)
{
    /// <summary>Brings a contender's host from one level to the next.</summary>
    public abstract void Fill(Contender contender, int from, int to);

    /// <summary>The rows of each level; who cannot get to a level is not measured there, nor at the next.</summary>
    public IEnumerable<Row> Run(Race race, IReadOnlyList<Contender> contenders, Notes notes)
    {
        var among = contenders.ToList();
        var from = 0;
        foreach (var level in Levels)
        {
            var name = $"{Chain.Name}, {level:N0} {What}";
            among.RemoveAll(contender => !notes.Passes(name, contender, TryFill(contender, from, level)));
            from = level;
            foreach (var row in race.Run(Chain, name, among))
                yield return row;
        }
    }

    private string? TryFill(Contender contender, int from, int to)
    {
        if (contender.Lacks(Chain) is not null)
            return null; // the race says so
        try
        {
            Fill(contender, from, to);
            return null;
        }
        catch (CallException failure)
        {
            return failure.Message;
        }
    }
}

/// <summary>Reservations as upstream's host-local writes them.</summary>
internal sealed record Reservations(Chain Chain, IReadOnlyList<int> Levels) : Series(Chain, "held", Levels)
{
    public override void Fill(Contender contender, int from, int to)
    {
        var directory = Directory.CreateDirectory($"{contender.DataDirectory}/{Chain.NetworkName}").FullName;
        for (var i = from; i < to; i++)
            File.WriteAllText($"{directory}/10.{Chain.Network}.{(i + 2) >> 8}.{(i + 2) & 255}", $"held{i}\r\neth0");
    }
}

/// <summary>Pods that are attached and stay; of the thing counted each brings so many.</summary>
internal sealed record Attachments(Chain Chain, string What, IReadOnlyList<int> Levels, Chain Others, int Each) : Series(Chain, What, Levels)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // New links send for a while: duplicate address detection, multicast reports, through the whole bridge.
    private static readonly TimeSpan LinksSettle = TimeSpan.FromSeconds(3);

    public override void Fill(Contender contender, int from, int to)
    {
        if (from == to)
            return;
        var started = Stopwatch.GetTimestamp();
        var pods = contender.Host.AddPods((to - from) / Each);
        if (from == 0)
            contender.Prepare(Others, pods[0]);
        for (var i = 0; i < pods.Count; i++)
        {
            if (Stopwatch.GetElapsedTime(started) > Patience)
                throw new CallException($"attached {i} of the {pods.Count} pods for it in {Patience.TotalMinutes} minutes");
            contender.Run(Others, "ADD", pods[i], "", call => call.Run());
        }

        Thread.Sleep(LinksSettle);
    }
}
