using System.Diagnostics;
using System.Globalization;
using System.Threading.Tasks;

namespace CniPlugins.Tests.Support;

/// <summary>What must exist after any operations, with any of them killed: a whole attachment, none, or (after a kill) any part of one until DEL.</summary>
internal sealed class SoakModel
{
    private const int Pods = 10;

    private readonly Sandbox _host;
    private readonly ToolCall _tool;
    private readonly Random _random;
    private readonly List<Slot> _slots = [];
    private readonly Dictionary<string, string> _whole = [];
    private readonly Dictionary<string, int> _counts = [];
    private readonly List<double> _times = [20];

    public SoakModel(Sandbox host, int seed)
    {
        _host = host;
        _tool = new ToolCall(host);
        _random = new Random(seed);
        _tool.Define("a", FullChain.Of(host, "a", "bridge", 50, prefix: 27));
        _tool.Define("b", FullChain.Of(host, "b", "ptp", 51, prefix: 27));
        for (var pod = 0; pod < Pods; pod++)
        {
            var path = host.AddPod();
            _slots.AddRange([new Slot(pod, "a", "eth0", 20_000 + (2 * pod)) { Path = path }, new Slot(pod, "b", "eth1", 20_001 + (2 * pod)) { Path = path }]);
        }
    }

    private enum State
    {
        Absent,

        /// <summary>ADD has succeeded, and nothing else since.</summary>
        Whole,

        /// <summary>ADD or DEL was killed: any part may be there.</summary>
        Unsure,
    }

    /// <summary>How often what was done.</summary>
    public string Counts => string.Join(", ", _counts.OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => $"{count.Key} {count.Value}"));

    /// <summary>So many operations on so many attachments at the same time, drawn by chance; returns how many were done.</summary>
    public int Step()
    {
        if (_random.Next(100) < 5)
        {
            Collect();
            return 1;
        }

        var slots = _random.GetItems([.. _slots], _random.Next(1, 9)).Distinct().Where(slot => slot.State != State.Absent || !slot.IsLost).ToList();
        var operations = slots.Select(slot => (slot, Draw(slot))).ToList();
        var failures = operations.AsParallel().WithDegreeOfParallelism(Math.Max(2, slots.Count))
            .Select(operation => Do(operation.slot, operation.Item2)).Where(failure => failure.Length > 0).ToList();
        Assert.True(failures.Count == 0, string.Join('\n', failures));
        if (_random.Next(100) < 4)
            LosePod(_slots[_random.Next(_slots.Count)].Pod);
        Renew();
        return operations.Count;
    }

    /// <summary>DEL of everything.</summary>
    public void Finish() =>
        Assert.All(_slots.Where(slot => slot.State != State.Absent), slot => Assert.Equal("", Do(slot, new Operation("DEL", null))));

    /// <summary>Compares the host with the model: everything of a whole attachment is there, and nothing of one that is not. A dead pod's links go in their own time.</summary>
    public void Verify()
    {
        for (var attempt = 0; ; attempt++)
        {
            var wrong = Differences();
            if (wrong.Count == 0)
                return;
            Assert.True(attempt < 50, $"{string.Join('\n', wrong)}\nafter {Counts}");
            Thread.Sleep(100);
        }
    }

    private List<string> Differences()
    {
        var held = Holdings.Of(_host);
        var wrong = new List<string>();
        var isUnsure = _slots.Any(slot => slot.State == State.Unsure);
        foreach (var slot in _slots.Where(slot => slot.State == State.Whole && File.Exists(slot.Path)))
        {
            var have = held.GetValueOrDefault(slot.Owner, "nothing");
            if (_whole.TryAdd(slot.Network, have))
                Assert.True(have.Split(", ").Length == 6, have);
            if (_whole[slot.Network] != have)
                wrong.Add($"{slot}: {have}, not {_whole[slot.Network]}");
        }

        var known = _slots.Where(slot => slot.State != State.Absent).Select(slot => slot.Owner).ToHashSet();
        wrong.AddRange(held.Where(entry => !known.Contains(entry.Key) && !(isUnsure && entry.Key == Holdings.Nobody)).Select(entry => $"{entry.Key}: {entry.Value}, not nothing"));
        return wrong;
    }

    private Operation Draw(Slot slot) => slot.State switch
    {
        State.Absent => new("ADD", Perhaps(20)),
        State.Unsure => new("DEL", Perhaps(20)),
        _ when slot.IsLost || _random.Next(100) < 60 => new("DEL", Perhaps(20)),
        _ => new("CHECK", null),
    };

    /// <summary>A moment within what such a call takes, in so many of a hundred cases.</summary>
    private TimeSpan? Perhaps(int percent) =>
        _random.Next(100) < percent ? TimeSpan.FromMilliseconds(1 + (_random.NextDouble() * 1.2 * _times.TakeLast(50).Order().ElementAt(_times.TakeLast(50).Count() / 2))) : null;

    private string Do(Slot slot, Operation operation)
    {
        var started = Stopwatch.GetTimestamp();
        var reply = _tool.Run(operation.Verb.ToLowerInvariant(), slot.Network, slot.Path, slot.IfName, slot.Port, operation.Patience);
        var killed = operation.Patience is not null && reply.ExitCode == 137;
        Count(operation.Verb + (killed ? " killed" : ""), operation.Patience is null ? Stopwatch.GetElapsedTime(started).TotalMilliseconds : null);
        if (reply.ExitCode != 0 && !killed)
            return $"{operation.Verb} {slot}: exit {reply.ExitCode}: {reply.Output}{reply.Error}";
        slot.State = killed ? State.Unsure : operation.Verb switch { "ADD" => State.Whole, "DEL" => State.Absent, _ => slot.State };
        slot.IsLost = slot.IsLost && (slot.State != State.Absent || !File.Exists(slot.Path));
        return "";
    }

    /// <summary>
    /// GC with the true list but for an attachment or two that the runtime has given up. What was half made goes with it where the pod is gone; where it lives, a
    /// runtime follows with a DEL.
    /// </summary>
    private void Collect()
    {
        var network = _random.Next(2) == 0 ? "a" : "b";
        var mine = _slots.Where(slot => slot.Network == network).ToList();
        foreach (var slot in mine.Where(slot => slot.State == State.Whole && (slot.IsLost || _random.Next(10) == 0)))
        {
            slot.IsLost = true;
            if (_random.Next(2) == 0)
                _tool.Forget(slot.Network, slot.Path, slot.IfName);
        }

        var patience = Perhaps(20);
        var reply = _tool.Gc(network, mine.Where(slot => slot is { State: State.Whole, IsLost: false }).Select(slot => slot.Owner.Replace(' ', '/')), patience);
        var killed = patience is not null && reply.ExitCode == 137;
        Count(killed ? "GC killed" : "GC", null);
        Assert.True(killed || reply.ExitCode == 0, $"GC {network}: {reply.Output}{reply.Error}");
        foreach (var slot in mine.Where(slot => slot.IsLost || slot.State == State.Unsure))
        {
            if (killed || (slot.State == State.Unsure && File.Exists(slot.Path)))
                slot.State = slot.State == State.Absent ? State.Absent : State.Unsure;
            else
                slot.State = State.Absent;
        }

        foreach (var slot in mine.Where(slot => slot.State == State.Absent && File.Exists(slot.Path)))
            slot.IsLost = false;
        Renew();
        if (!killed)
            Verify();
    }

    /// <summary>ip netns del, whatever is in it.</summary>
    private void LosePod(int pod)
    {
        var mine = _slots.Where(slot => slot.Pod == pod).ToList();
        if (!File.Exists(mine[0].Path))
            return;
        _host.RemovePod(mine[0].Path);
        Count("pod lost", null);
        mine.ForEach(slot => slot.IsLost = true);
    }

    /// <summary>A new pod in the place of one that is gone with all its attachments.</summary>
    private void Renew()
    {
        foreach (var pod in _slots.GroupBy(slot => slot.Pod).Where(pod => pod.All(slot => slot.State == State.Absent && !File.Exists(slot.Path))))
        {
            var path = _host.AddPod();
            foreach (var slot in pod)
                (slot.Path, slot.IsLost) = (path, false);
        }
    }

    private void Count(string what, double? milliseconds)
    {
        lock (_counts)
        {
            _counts[what] = _counts.GetValueOrDefault(what) + 1;
            if (milliseconds is { } time)
                _times.Add(time);
        }
    }

    private sealed record Operation(string Verb, TimeSpan? Patience);

    /// <summary>A place for an attachment.</summary>
    private sealed class Slot(int pod, string network, string ifName, int port)
    {
        public int Pod => pod;

        public string Network => network;

        public string IfName => ifName;

        public int Port => port;

        public required string Path { get; set; }

        public State State { get; set; }

        /// <summary>The pod is gone, or the runtime does not know the attachment any more.</summary>
        public bool IsLost { get; set; }

        public string Owner => $"{ToolCall.IdOf(Path)} {ifName}";

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{network} {Owner} ({State}{(IsLost ? ", lost" : "")})");
    }
}
