using CniPlugins.Cni;
using CniPlugins.Ipam.Dhcp.Packets;
using CniPlugins.Linux;

namespace CniPlugins.Ipam.Dhcp.Daemon;

internal sealed partial class Lease
{
    private const long PauseAfterRefusal = 1_000_000_000;

    /// <summary>A server has spoken.</summary>
    private void Hear(Answer answer)
    {
        switch (answer.Message.Type)
        {
            case DhcpMessageType.Offer when _state is LeaseState.Selecting && answer.Message.YourAddress.Value != 0:
                _offer = (answer.Message.YourAddress, answer.Server);
                (_state, _attempt) = (LeaseState.Requesting, 0);
                Take();
                break;
            case DhcpMessageType.Ack when IsExpected(answer):
                Grant(answer);
                break;
            case DhcpMessageType.Nak when IsMine(answer):
                Refused(answer);
                break;
        }
    }

    /// <summary>Whether the answer is from whom was asked: the server whose offer was taken, or who gave the lease; when rebinding, any.</summary>
    private bool IsMine(Answer answer) => _state switch
    {
        LeaseState.Requesting => answer.Server == _offer.Server,
        LeaseState.Renewing => answer.Server == Terms!.Server,
        LeaseState.Rebinding => true,
        _ => false,
    };

    /// <summary>Whether it grants what was asked for.</summary>
    private bool IsExpected(Answer answer) =>
        IsMine(answer) && answer.Message.YourAddress == (_state is LeaseState.Requesting ? _offer.Address : Terms!.Address.Address);

    /// <summary>Takes the offer in the same transaction, by the socket on which it came.</summary>
    private void Take()
    {
        _timer?.Cancel();
        var now = EventLoop.Now;
        try
        {
            Speak(_conversation!, now);
        }
        catch (LibcException e)
        {
            Log(e.Message);
        }

        Listen(now);
    }

    private void Grant(Answer answer)
    {
        var former = Terms;
        LeaseTerms terms;
        try
        {
            terms = LeaseTerms.Read(answer.Bytes, _asked, answer.NextHop, former?.Address);
        }
        catch (CniException e)
        {
            Stop();
            Ended(e.Message);
            return;
        }

        Terms = terms;
        _state = LeaseState.Bound;
        if (former is not null && _withdrawn is not null)
            Restore(former, terms);
        if (!TryKeep(out var failure) && former is null)
        {
            Release();
            Ended(failure);
            return;
        }

        Log($"lease of {terms.Address} acquired, expiration is {Describe(terms)}");
        Step();
        Granted?.Invoke();
        Granted = null;
    }

    /// <summary>DHCPNAK: the address is not the pod's, and there is another try.</summary>
    private void Refused(Answer answer)
    {
        Log($"{answer.Server} refuses {(_state is LeaseState.Requesting ? _offer.Address : Terms!.Address.Address)}");
        if (IsHeld)
        {
            Withdraw(Terms!);
            _deadline = long.MaxValue;
            Search();
            return;
        }

        Stop();
        _timer = keeping.Loop.At(EventLoop.Now + PauseAfterRefusal, Search);
    }

    private void Withdraw(LeaseTerms terms)
    {
        try
        {
            _withdrawn = PodAddress.Withdraw(Pod, terms.Address.Address);
        }
        catch (Exception e) when (e is IErrnoException or PodGoneException)
        {
            Log($"cannot take {terms.Address} from the interface: {e.Message}");
        }

        _ = TryKeep(out _);
    }

    private void Restore(LeaseTerms former, LeaseTerms now)
    {
        if (former.Address.Address != now.Address.Address)
            Log($"the address has changed from {former.Address} to {now.Address}");
        try
        {
            _withdrawn!.Restore(Pod, former, now);
            _withdrawn = null;
        }
        catch (Exception e) when (e is IErrnoException or PodGoneException)
        {
            Log($"cannot give {now.Address} to the interface: {e.Message}");
        }
    }

    /// <summary>Writes down what a later daemon needs.</summary>
    private bool TryKeep(out string failure)
    {
        try
        {
            failure = "";
            keeping.Directory.Keep(Key, new LeaseRecord(Key, Pod, client, Terms!, _withdrawn, Created).ToFile());
            return true;
        }
        catch (LibcException e)
        {
            failure = e.Message;
            Log($"cannot keep the lease: {failure}");
            return false;
        }
    }

    private static string Describe(LeaseTerms terms) => terms.ExpiresAt == long.MaxValue
        ? "never"
        : DateTimeOffset.Now.AddTicks((terms.ExpiresAt - EventLoop.Now) / 100).ToString("yyyy-MM-dd HH:mm:ss zzz");
}
