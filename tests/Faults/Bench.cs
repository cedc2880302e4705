using System.Diagnostics;

namespace CniPlugins.Tests.Faults;

/// <summary>A network on a host, with a neighbour attached to it that nothing may harm; calls plugins as a runtime does.</summary>
internal sealed class Bench : IDisposable
{
    /// <summary>Longer than a plugin ever waits for an answer of the kernel and for a lock together.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const string Neighbour = "neighbour";

    private readonly Network _network;
    private readonly string _bin;
    private readonly Host _host = new();
    private readonly string _neighbour;
    private readonly List<string> _valid = [Neighbour];
    private int _attachments;
    private HostState? _before;

    public Bench(Network network, string bin)
    {
        _network = network;
        _bin = bin;
        foreach (var (name, content) in network.Files)
            File.WriteAllText(Path.Combine(_host.Directory, name), content);
        foreach (var link in network.Links)
            _host.InHost(["ip", "link", "add", .. link.Split(' ')]);
        _neighbour = _host.AddPod();
        Pod = _host.AddPod();
        if (network.IsFirst)
            return;

        // What is shared and stays is there from here on.
        AddAll(Neighbour, _neighbour);
        for (var i = 0; i < 2; i++)
            DelAll(AddAll(Id, Pod));
    }

    /// <summary>The attachment's container.</summary>
    public string Id { get; private set; } = "subject";

    /// <summary>The attachment's namespace.</summary>
    public string Pod { get; private set; }

    /// <summary>Whether the last fault came about; it does not where the call that it is for was not made.</summary>
    public bool HasStruck { get; private set; }

    /// <summary>
    /// The next attachment has a name of its own, and to GC the earlier ones are valid: what they have left nobody takes away before it is looked for.
    /// </summary>
    public void Advance()
    {
        _valid.Add(Id);
        Id = $"subject{++_attachments}";
    }

    /// <summary>The earlier attachments have left nothing. Were they valid for ever, what GC is told would be longer and longer, and take more calls to read.</summary>
    public void ForgetEarlier() => _valid.RemoveAll(id => id != Neighbour);

    /// <summary>The system calls of a verb of one of the network's plugins, by a run in which nothing goes wrong; the attachment is gone afterwards.</summary>
    public IReadOnlyList<CallSite> Record(int subject, string verb)
    {
        var log = Path.Combine(_host.Directory, "strace");
        string[] tracer = ["/usr/bin/strace", "-f", "-qq", "-s", "48", "-e", "signal=none", "-o", log];
        var result = AddAll(Id, Pod, verb == "ADD" ? subject : -1, tracer);
        if (verb == "GC")
            Forget();
        if (verb == "ADD")
            DelAll(result);
        else
            RunAll(verb, result, subject, tracer);
        if (verb == "GC")
            RenewPod();
        var sites = CallSite.Parse(File.ReadLines(log));
        File.Delete(log);
        return sites;
    }

    /// <summary>How it is when the attachment is not there, and when what follows carriers by itself (IPv6's local routes) has come.</summary>
    public HostState Remember()
    {
        var before = State(withPod: !_network.IsFirst);
        while (true)
        {
            Thread.Sleep(250);
            var now = State(withPod: !_network.IsFirst);
            if (now.Without(before).Count + before.Without(now).Count == 0)
                return _before = now;
            before = now;
        }
    }

    /// <summary>How it was on another host, of whose attachments nothing is there either.</summary>
    public void Remember(HostState before) => _before = before;

    /// <summary>Another attachment comes, is all right, and goes; throws unless it does.</summary>
    public void Cycle()
    {
        var result = AddAll(Id, Pod);
        RunAll("CHECK", result);
        DelAll(result);
    }

    /// <summary>What is there and should not be, and what is not there and should; empty when all is well.</summary>
    public IReadOnlyList<string> Debris(bool withPod)
    {
        // The kernel takes a namespace apart in the background.
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var now = State(withPod);
            IReadOnlyList<string> lost = withPod ? _before!.Without(now) : [.. _before!.Without(now).Where(line => !line.StartsWith("pod", StringComparison.Ordinal))];
            var debris = now.Without(_before!).Select(line => $"+ {line}").Concat(lost.Select(line => $"- {line}")).ToList();
            if (debris.Count == 0 || Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(5))
                return debris;
            Thread.Sleep(100);
        }
    }

    /// <summary>The pod's namespace goes.</summary>
    public void Forget()
    {
        if (_network.HasPod)
            Host.RemovePod(Pod);
    }

    /// <summary>A new pod in the place of one that is gone.</summary>
    public void RenewPod() => Pod = _host.AddPod();

    /// <summary>ADD of the whole chain; throws unless it succeeds.</summary>
    public string AddAll(string id, string pod, int traced = -1, IReadOnlyList<string>? tracer = null)
    {
        var result = "";
        for (var i = 0; i < _network.Plugins.Length; i++)
            result = Succeed("ADD", i, Call("ADD", i, result, id, pod, i == traced ? tracer : null)).Output;
        return result;
    }

    /// <summary>DEL of the whole chain; throws unless it succeeds.</summary>
    public void DelAll(string result) => RunAll("DEL", result);

    /// <summary>DEL of those plugins whose ADD went well, when a later one's did not; throws unless it succeeds.</summary>
    public void DelAll(string result, IEnumerable<int> made)
    {
        foreach (var i in made)
            Succeed("DEL", i, Call("DEL", i, result, Id, Pod));
    }

    /// <summary>DEL or GC of the whole chain; throws unless it succeeds.</summary>
    public void RunAll(string verb, string result, int traced = -1, IReadOnlyList<string>? tracer = null)
    {
        foreach (var i in Order(verb))
            Succeed(verb, i, Call(verb, i, result, Id, Pod, i == traced ? tracer : null));
    }

    /// <summary>The plugins in the order in which a runtime calls them.</summary>
    public IEnumerable<int> Order(string verb) => verb == "DEL" ? Enumerable.Range(0, _network.Plugins.Length).Reverse() : Enumerable.Range(0, _network.Plugins.Length);

    /// <summary>One verb of one plugin, as it is or through a tracer.</summary>
    public Reply Call(string verb, int index, string result, string id, string pod, IReadOnlyList<string>? tracer = null)
    {
        var valid = _valid.Select(each => $$"""{"containerID":"{{each}}","ifname":"eth0"}""");
        var more = verb == "GC" ? $",\"cni.dev/valid-attachments\":[{string.Join(',', valid)}]" : result.Length == 0 ? "" : $",\"prevResult\":{result}";
        var configuration = _network.Configuration(index, _host.Directory, id == Neighbour ? 1 : 2, more);
        string[] environment =
        [
            $"CNI_COMMAND={verb}", $"CNI_CONTAINERID={id}", $"CNI_NETNS={pod}", "CNI_IFNAME=eth0", $"CNI_PATH={_bin}", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        ];
        var started = Stopwatch.GetTimestamp();
        var child = _host.Run([.. tracer ?? [], $"{_bin}/{_network.TypeOf(index)}"], environment, configuration);
        return Reply.Of(child, Stopwatch.GetElapsedTime(started));
    }

    /// <summary>The same with a fault. With a filter strace stops at the calls in question only, but (6.1) sends no signals then; and only with <c>-f</c> can it have one.</summary>
    public Reply Call(string verb, int index, string result, Fault fault)
    {
        var log = $"/run/{_host.Name}.strace";
        var reply = Call(verb, index, result, Id, Pod,
        [
            "/usr/bin/timeout", "-s", "KILL", $"{Patience.TotalSeconds}", "/usr/bin/strace", "-qq", "-o", log, "-e", "signal=none",
            "-e", $"trace={fault.Site.Name}", "-e", fault.Injection, .. fault.IsKill || _network.RunsPrograms ? Array.Empty<string>() : ["-f", "--seccomp-bpf"],
        ]);
        HasStruck = fault.IsKill ? reply.WasKilled : File.ReadLines(log).Any(fault.IsMarkedIn);
        File.Delete(log);
        return reply;
    }

    public void Dispose() => _host.Dispose();

    private HostState State(bool withPod) => HostState.Of(_host, withPod && _network.HasPod ? Pod : null, _network);

    private Reply Succeed(string verb, int index, Reply reply) => reply.IsSuccess
        ? reply
        : throw new InvalidOperationException($"{_network.TypeOf(index)} {verb}: {reply.ExitCode} {reply.Output}{reply.Error}");
}
