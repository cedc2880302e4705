using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Dhcp.Daemon;

/// <summary>Every lease of this daemon, and what plugins may ask about them.</summary>
internal sealed class LeaseBook(LeaseKeeping keeping)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(10);

    private readonly Dictionary<LeaseKey, Lease> _leases = [];
    private readonly Dictionary<LeaseKey, List<(PendingCall Call, int Priority)>> _waiting = [];

    /// <summary>Goes on with what an earlier daemon kept; what is not of this boot is forgotten.</summary>
    public void Load()
    {
        foreach (var (file, content) in keeping.Directory.All().ToList())
        {
            if (LeaseRecord.FromFile(content) is not { } record)
            {
                StandardError.WriteLine($"{file} is no lease of this boot: removed");
                DiskFile.Delete(file);
                continue;
            }

            Lease? lease = null;
            lease = Lease.Resume(keeping, record, reason => End(lease!, reason));
            _leases[record.Key] = lease;
            lease.Continue();
        }

        keeping.Loop.After(BetweenLooks, LookAround);
    }

    /// <summary>Answers a call, at once or later; what a plugin asks wrongly is its own error.</summary>
    public void Answer(PendingCall call)
    {
        try
        {
            switch (call.Method)
            {
                case DaemonMethod.Allocate:
                    Allocate(call);
                    break;
                case DaemonMethod.Release:
                    Release(KeyOf(call, NetConf.Parse(call.Arguments.Stdin)));
                    call.Done();
                    break;
                case DaemonMethod.Check:
                    Check(call);
                    break;
                case DaemonMethod.Collect:
                    Collect(call);
                    break;
                default:
                    call.Fail($"rpc: can't find method {call.Method}");
                    break;
            }
        }
        catch (Exception e) when (e is CniException or ConfigException or PodGoneException or IErrnoException)
        {
            call.Fail(e.Message);
        }
    }

    /// <summary>The lease that the interface has, or a new one; the answer waits for the server.</summary>
    private void Allocate(PendingCall call)
    {
        var conf = NetConf.Parse(call.Arguments.Stdin);
        var config = DhcpConfig.Read(conf, call.Arguments.Args);
        var key = KeyOf(call, conf);
        var pod = PodLink.Find(keeping.Options.HostPrefix + call.Arguments.Netns, key.IfName);
        if (_leases.TryGetValue(key, out var found) && found.Pod == pod && (found.IsHeld || _waiting.ContainsKey(key)))
        {
            if (found.IsHeld)
                call.TryAnswer(found.Terms!.ToResult(config.Priority));
            else
                Wait(found, call, config.Priority);
            return;
        }

        if (found is not null)
            End(found, "another call asks for this interface's lease");
        Lease? lease = null;
        lease = new Lease(keeping, key, pod, new Client(key.ClientId, config.Provide, config.Request)) { Ended = reason => End(lease!, reason) };
        lease.Granted = () => Grant(lease);
        _leases.Add(key, lease);
        Wait(lease, call, config.Priority);
        lease.Acquire();
    }

    private void Wait(Lease lease, PendingCall call, int priority)
    {
        if (!_waiting.TryGetValue(lease.Key, out var calls))
            _waiting.Add(lease.Key, calls = []);
        calls.Add((call, priority));
        call.Abandoned = () =>
        {
            // Nobody will use what nobody has heard of.
            calls.RemoveAll(waiting => waiting.Call == call);
            if (calls.Count == 0 && _waiting.GetValueOrDefault(lease.Key) == calls)
                End(lease, "the plugin has gone");
        };
    }

    private void Grant(Lease lease)
    {
        if (!_waiting.Remove(lease.Key, out var calls))
            return;
        var isTaken = false;
        foreach (var (call, priority) in calls.ToList())
            isTaken |= call.TryAnswer(lease.Terms!.ToResult(priority));
        if (!isTaken)
            Release(lease.Key);
    }

    private void Release(LeaseKey key)
    {
        if (_leases.TryGetValue(key, out var lease))
        {
            lease.Release();
            Forget(lease, "the lease was released");
        }
        else
        {
            keeping.Directory.Forget(key);
        }
    }

    private void Check(PendingCall call)
    {
        var conf = NetConf.Parse(call.Arguments.Stdin);
        var config = DhcpConfig.Read(conf, call.Arguments.Args);
        var key = KeyOf(call, conf);
        var pod = PodLink.Find(keeping.Options.HostPrefix + call.Arguments.Netns, key.IfName);
        if (!_leases.TryGetValue(key, out var lease) || lease.Pod != pod)
            call.Fail($"there is no lease for {key}");
        else if (!lease.IsHeld)
            call.Fail($"the lease for {key} has ended, and no server gives another");
        else
            call.TryAnswer(lease.Terms!.ToResult(config.Priority));
    }

    private void Collect(PendingCall call)
    {
        var conf = NetConf.Parse(call.Arguments.Stdin);
        if (conf.ValidAttachments() is { } valid)
        {
            var started = Collection.StartedOf(call.Arguments.Args, EventLoop.Now);
            var spared = valid.Select(each => (each.ContainerId, each.IfName)).ToHashSet();
            foreach (var lease in _leases.Values.ToList())
            {
                if (lease.Key.Network == conf.Name && lease.Created < started && !spared.Contains((lease.Key.ContainerId.Value, lease.Key.IfName.Value)))
                    Release(lease.Key);
            }
        }

        call.Done();
    }

    /// <summary>Gives up the leases of pods that have gone without a DEL.</summary>
    private void LookAround()
    {
        foreach (var lease in _leases.Values.ToList())
        {
            if (!lease.Pod.HasNamespace)
                End(lease, $"namespace {lease.Pod.Netns} is gone");
        }

        keeping.Loop.After(BetweenLooks, LookAround);
    }

    private void End(Lease lease, string reason)
    {
        lease.Log($"lease given up: {reason}");
        lease.Stop();
        Forget(lease, reason);
    }

    private void Forget(Lease lease, string reason)
    {
        if (_leases.GetValueOrDefault(lease.Key) == lease)
            _leases.Remove(lease.Key);
        keeping.Directory.Forget(lease.Key);
        if (!_waiting.Remove(lease.Key, out var calls))
            return;
        foreach (var (call, _) in calls)
            call.Fail(reason);
    }

    private static LeaseKey KeyOf(PendingCall call, NetConf conf) => new(
        ContainerId.Parse(call.Arguments.ContainerId),
        conf.Name,
        IfName.TryParse(call.Arguments.IfName, out var problem, out var details)
            ?? throw new CniException(CniErrorCode.InvalidEnvironment, problem, details));
}
