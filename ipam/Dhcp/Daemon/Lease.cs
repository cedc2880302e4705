using CniPlugins.Cni;
using CniPlugins.Ipam.Dhcp.Packets;
using CniPlugins.Linux;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Dhcp.Daemon;

/// <summary>One interface's dealings with servers, from the first question to the release: RFC 2131's client, driven by answers and moments.</summary>
internal sealed partial class Lease(LeaseKeeping keeping, LeaseKey key, PodLink pod, Client client)
{
    private LeaseState _state = LeaseState.Selecting;
    private Conversation? _conversation;
    private LoopTimer? _timer;
    private PodAddress? _withdrawn;
    private uint _transaction;
    private int _attempt;
    private long _began;
    private long _asked;
    private long _deadline = long.MaxValue;
    private (IpAddress Address, IpAddress Server) _offer;

    public LeaseKey Key { get; } = key;

    public PodLink Pod { get; } = pod;

    /// <summary>CLOCK_BOOTTIME (ns) of the ADD.</summary>
    public long Created { get; private init; } = EventLoop.Now;

    /// <summary>What was granted last, perhaps over by now; null before the first time.</summary>
    public LeaseTerms? Terms { get; private set; }

    /// <summary>Whether the pod may use its address.</summary>
    public bool IsHeld => _state is LeaseState.Bound or LeaseState.Renewing or LeaseState.Rebinding;

    /// <summary>Called once, with the first grant.</summary>
    public Action? Granted { get; set; }

    /// <summary>Called when there is no lease and will be none, with the reason.</summary>
    public required Action<string> Ended { get; init; }

    /// <summary>A lease that an earlier daemon kept.</summary>
    public static Lease Resume(LeaseKeeping keeping, LeaseRecord record, Action<string> ended) =>
        new(keeping, record.Key, record.Pod, record.Client)
        {
            Created = record.Created,
            Terms = record.Terms,
            _withdrawn = record.Withdrawn,
            Ended = ended,
        };

    /// <summary>Asks for a first lease, for a limited time.</summary>
    public void Acquire()
    {
        Log("acquiring lease");
        _deadline = EventLoop.Now + keeping.Pace.Patience;
        Search();
    }

    /// <summary>Goes on where an earlier daemon was killed.</summary>
    public void Continue()
    {
        if (_withdrawn is not null)
        {
            Search();
            return;
        }

        _state = LeaseState.Bound;
        Step();
    }

    /// <summary>Tells the server that the address is free; what cannot be told ends with its time.</summary>
    public void Release()
    {
        Log("releasing lease");
        Stop();
        if (Terms is not { } terms || !IsHeld)
            return;
        try
        {
            using var last = Conversation.Open(keeping.Loop, Pod, NewTransaction(), keeping.Options.Broadcast, static _ => { });
            last.Send(client.Release(last.Frame, terms.Address.Address, terms.Server), terms);
        }
        catch (Exception e) when (e is PodGoneException or IErrnoException)
        {
            Log($"failed to release DHCP lease: {e.Message}");
        }
    }

    /// <summary>No more of it; nothing is sent.</summary>
    public void Stop()
    {
        _timer?.Cancel();
        _conversation?.Dispose();
        _conversation = null;
    }

    public void Log(string line) => StandardError.WriteLine($"{Key}: {line}");

    private void Search()
    {
        _state = LeaseState.Selecting;
        _attempt = 0;
        _began = EventLoop.Now;
        _transaction = NewTransaction();
        Step();
    }

    /// <summary>Does what is due at this moment, in the state that time has brought.</summary>
    private void Step()
    {
        Stop();
        var now = EventLoop.Now;
        if (IsHeld && !Advance(now))
            return;
        if (!IsHeld && now >= _deadline)
        {
            Log("unable to receive an offer: no matching response packet received");
            Ended("no more tries");
            return;
        }

        if (_state is LeaseState.Requesting && _attempt >= Pace.MostRequests)
        {
            Search();
            return;
        }

        try
        {
            _transaction = IsHeld ? NewTransaction() : _transaction;
            _conversation = Conversation.Open(keeping.Loop, Pod, _transaction, keeping.Options.Broadcast, Hear);
            Speak(_conversation, now);
        }
        catch (PodGoneException e)
        {
            Stop();
            Ended(e.Message);
            return;
        }
        catch (Exception e) when (e is IErrnoException)
        {
            Log(e.Message);
        }

        Listen(now);
    }

    /// <summary>Brings a lease that was granted to the state of this moment; false when there is nothing to do yet.</summary>
    private bool Advance(long now)
    {
        var terms = Terms!;
        if (now >= terms.ExpiresAt)
        {
            Log($"lease of {terms.Address.Address} expired");
            Withdraw(terms);
            _deadline = long.MaxValue;
            (_state, _attempt, _began, _transaction) = (LeaseState.Selecting, 0, now, NewTransaction());
            return true;
        }

        var state = now >= terms.RebindAt ? LeaseState.Rebinding : now >= terms.RenewAt ? LeaseState.Renewing : LeaseState.Bound;
        if (state != _state)
            (_state, _began) = (state, now);
        if (state != LeaseState.Bound)
            return true;
        if (terms.RenewAt != long.MaxValue)
            _timer = keeping.Loop.At(terms.RenewAt, Step);
        return false;
    }

    private void Speak(Conversation to, long now)
    {
        var frame = to.Frame with { Seconds = (ushort)Math.Clamp((now - _began) / 1_000_000_000, 0, ushort.MaxValue) };
        _asked = now;
        switch (_state)
        {
            case LeaseState.Selecting:
                to.Send(client.Discover(frame, Terms?.Address.Address));
                break;
            case LeaseState.Requesting:
                to.Send(client.Take(frame, _offer.Address, _offer.Server));
                break;
            case LeaseState.Renewing:
                to.Send(client.Prolong(frame, Terms!.Address.Address), Terms);
                break;
            default:
                to.Send(client.Prolong(frame, Terms!.Address.Address));
                break;
        }
    }

    /// <summary>
    /// Listens until it is time to speak again, or, when that is long, only for a while: a namespace lives as long as a socket in it. A call that waits for its
    /// first lease listens all the time.
    /// </summary>
    private void Listen(long now)
    {
        var pause = _state switch
        {
            LeaseState.Selecting => Math.Min(keeping.Pace.BeforeDiscover(_attempt), Math.Max(_deadline - now, 1)),
            LeaseState.Requesting => keeping.Pace.BeforeRequest(_attempt),
            LeaseState.Renewing => Pace.BeforeProlonging(now, Terms!.RebindAt, Terms),
            _ => Pace.BeforeProlonging(now, Terms!.ExpiresAt, Terms),
        };
        _attempt++;
        var isFirst = Terms is null;
        _timer = isFirst || pause <= keeping.Pace.Listening
            ? keeping.Loop.At(now + pause, Step)
            : keeping.Loop.At(now + keeping.Pace.Listening, () =>
            {
                Stop();
                _timer = keeping.Loop.At(now + pause, Step);
            });
    }

    private static uint NewTransaction() => (uint)Random.Shared.NextInt64(1L << 32);
}
